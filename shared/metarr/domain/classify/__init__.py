"""What the files of one movie folder are to each other: films, parts, versions, extras, artwork, subtitles, NFO. Pure."""
