"""The edge outwards: notices become words, and words go out on channels."""
