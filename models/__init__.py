"""How a text becomes six numbers: labels, text rule, words and pieces, scoring, the models that ship."""
