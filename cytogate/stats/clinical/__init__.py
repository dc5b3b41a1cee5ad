"""Clinical composites of lupus trials: SLEDAI-2K and the systemic lupus responder index."""
