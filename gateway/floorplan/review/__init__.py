"""Reviews a usable plan: what is missing or doubtful, what laws require, and what cameras see."""
