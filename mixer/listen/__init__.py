"""A listening test that people take: built, shown in a browser, collected, analysed.

A test is a folder:

    TEST/
      key.json         the organiser's: which mix is whose, which page repeats which, what screens
      public/          what participants may see; for `mixer listen serve`, a web space or a stick
        index.html     the page, with its scripts and style in assets/
        design.json    the public design (see `mixer.listen.design`)
        design.js      the same for a page that was opened as a file
        sounds/ID.js   each excerpt: a 16-bit WAV in base64, for the same reason
      webmushra/       the same excerpts and names for webMUSHRA
      answers.sqlite   what `mixer listen serve` collected (see `mixer.listen.answer_store`)
      links.csv        the participants' links, made by `mixer listen serve`

Nothing under `public/` says which system made a mix: ids are random, and equal excerpts have equal
sizes. The answers' format is in `mixer.listen.answers`.
"""
