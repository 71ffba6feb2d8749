"""What runs on Spark: the session, its workers, Spark NLP, a cluster."""
