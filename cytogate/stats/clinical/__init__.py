"""Activity, response and remission of lupus: each rule a record of clauses, each verdict with its reasons.

`state` is what a rule looks at; `sledai`, `bilag`, `pga` and `steroids` are its scores; `clauses` are shared
by the indices of response (`sri`, `bicla`) and the states of low activity (`lldas`, `doris`). `rules` finds
them by name; `response` judges subjects by any of them, with `carrying` of last values, and gives rates.
"""
