"""Who is told what after a night: the rules, and the channels that carry it."""
