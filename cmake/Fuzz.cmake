# treaty_add_fuzz_target(name SOURCES ... LINKS ...): fuzz_<name>, from an LLVMFuzzerTestOneInput.
# Everywhere it is a test (label fuzz) that replays tests/fuzz/corpus/<name>; with TREATY_FUZZ, which takes clang, it is
# also a fuzzer: libFuzzer instead of our small main. The target `fuzzers` builds them all.
option(TREATY_FUZZ "Build the fuzz targets with libFuzzer (clang only)" OFF)
add_custom_target(fuzzers)
if(TREATY_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "TREATY_FUZZ takes clang, which has libFuzzer: use the preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link) # coverage of our code; the libraries are not instrumented
endif()

function(treaty_add_fuzz_target name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_executable(fuzz_${name} ${arg_SOURCES})
  treaty_compile_as_ours(fuzz_${name})
  target_link_libraries(fuzz_${name} PRIVATE ${arg_LINKS})
  set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/bin)
  add_dependencies(fuzzers fuzz_${name})
  set(corpus ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  if(TREATY_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz_${name} COMMAND fuzz_${name} -runs=0 ${corpus})
  else()
    target_link_libraries(fuzz_${name} PRIVATE treaty_fuzz_replay)
    add_test(NAME fuzz_${name} COMMAND fuzz_${name} ${corpus})
  endif()
  set_tests_properties(fuzz_${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()
