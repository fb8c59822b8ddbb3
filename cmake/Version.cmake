# Sets TREATY_VERSION_TEXT to what this tree is. A tree without git, or one that git will not read, has the project's version.
function(treaty_describe_version out)
  set(text "v${PROJECT_VERSION}")
  find_package(Git QUIET)
  if(GIT_FOUND AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
    execute_process(COMMAND ${GIT_EXECUTABLE} describe --tags --match "v[0-9]*" WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE no_tag)
    if(NOT no_tag)
      set(text ${described})
    else()
      execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --short=10 HEAD WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
        OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE no_commit)
      if(NOT no_commit)
        set(text "${text}-g${commit}")
      endif()
    endif()
  endif()
  set(${out} ${text} PARENT_SCOPE)
endfunction()
