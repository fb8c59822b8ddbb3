# TREATY_SANITIZE applies to every target of ours, so that no half-instrumented object slips in.
if(TREATY_SANITIZE)
  string(REPLACE ";" "," sanitizers "${TREATY_SANITIZE}")
  add_compile_options(-fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${sanitizers})
  if(sanitizers MATCHES "address" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized) # GCC 12 sees ghosts in instrumented variants and optionals
  endif()
  if(sanitizers MATCHES "undefined")
    add_compile_options(-fno-sanitize=null) # fires inside CAF's init_fun_factory.hpp, benign
  endif()
  if(sanitizers MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan) # 'atomic_thread_fence' in Boost.Asio: tsan does not model it
  endif()
endif()
