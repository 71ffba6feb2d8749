"""How a text becomes six numbers: labels, text rule, networks, training, evaluation, scoring."""
