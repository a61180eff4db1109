# SPDX-License-Identifier: Apache-2.0
# Writes HEADER for VERSION and the commit of SOURCE. Run by `cmake -P` at every build; the header is touched only when
# its text changes. Only the project's own .git counts: an unpacked archive may lie inside somebody else's repository.
set(commit unknown)
find_program(GIT git)
if(GIT AND EXISTS ${SOURCE}/.git)
    # A clone that another user owns is refused by git unless it is declared safe; nothing here runs its hooks.
    execute_process(
        COMMAND ${GIT} --no-optional-locks -c safe.directory=* -c core.fsmonitor=false
                describe --always --dirty --abbrev=12 --match=
        WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE
        RESULT_VARIABLE failed ERROR_QUIET)
    if(NOT failed AND described)
        set(commit ${described})
    endif()
endif()
file(CONFIGURE OUTPUT ${HEADER} @ONLY CONTENT [=[
// Generated at build time.
#pragma once

namespace migsim {

inline constexpr const char* version = "@VERSION@";
inline constexpr const char* commit = "@commit@"; // "unknown" without git metadata

} // namespace migsim
]=])
