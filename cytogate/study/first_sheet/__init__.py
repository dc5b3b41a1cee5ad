"""A first sheet and study file from a folder of files, for people to go on with.

`init` writes them, by what `init_rows` finds in names and keywords (`name_pattern`, guessed by
`pattern_guess`) and the endpoints that `init_subsets` proposes.
"""
