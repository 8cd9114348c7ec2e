"""Channel strips as any workstation has them: fitted to a mix, played, and put into words."""
