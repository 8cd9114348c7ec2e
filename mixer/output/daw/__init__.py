"""Sessions for workstations: a finished mix as tracks, in DAWproject and REAPER."""
