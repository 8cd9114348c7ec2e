"""Those who turn notes into sound: SoundFont, synthesiser, string, drum kit and voice."""
