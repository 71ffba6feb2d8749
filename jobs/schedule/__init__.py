"""What starts nights: Airflow, here or elsewhere, a stream of arriving comments, the demo."""
