"""Reviews a usable plan: what is missing or doubtful, what laws ask for, and what cameras see."""
