"""Instruments that turn notes into sound: SoundFont, synthesiser, string, drum kit and voice."""
