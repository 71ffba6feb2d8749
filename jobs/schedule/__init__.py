"""What starts nights: Airflow, a stream of incoming comments, the demo."""
