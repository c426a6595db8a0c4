# Files that only the package has: they lie outside of its prefix.
file(MAKE_DIRECTORY ${CPACK_TEMPORARY_DIRECTORY}/etc/default)
configure_file(${CPACK_HONE_DEFAULTS} ${CPACK_TEMPORARY_DIRECTORY}/etc/default/hone COPYONLY)
