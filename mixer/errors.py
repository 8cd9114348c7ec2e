"""What can go wrong, in words a user can act on.

Every message is one line that says what is wrong, which file or value it is about, and what to do.
The command line turns each class into an exit code; the library raises them as they are.
"""


class MixerError(Exception):
    """Anything mixer refuses to do, with the exit code the command line gives it."""

    exit_code = 1


class InputError(MixerError):
    """A song, a recording or another file given by the user cannot be used."""

    exit_code = 1


class SettingsError(MixerError):
    """A setting asks for what does not exist, is out of range, or contradicts another one."""

    exit_code = 2


class PresetError(SettingsError):
    """A preset, a console setting or `song.toml` asks for what does not exist or cannot be."""


class ModelError(MixerError):
    """A model bundle, a checkpoint or a profile is missing, damaged or of the wrong kind."""

    exit_code = 3


class DeviceError(MixerError):
    """The device asked for is not there, or the network could not run on it."""

    exit_code = 3


class OutputError(MixerError):
    """A result cannot be written: it exists already, the disk is full, the folder is read-only."""

    exit_code = 1
