"""What is said: MLflow's requests and answers, to and from the records of ``domain``."""
