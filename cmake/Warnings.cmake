# Warnings are errors, everywhere in our code and nowhere else.
add_library(treaty_warnings INTERFACE)
add_library(treaty::warnings ALIAS treaty_warnings)
target_compile_options(treaty_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wcast-align
  -Wunused -Wformat=2 -Wimplicit-fallthrough -Wextra-semi -Wswitch)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees ghosts in std::optional, variant, map and string when it optimises.
  target_compile_options(treaty_warnings INTERFACE
    -Wno-maybe-uninitialized -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow)
endif()
