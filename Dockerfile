# One image per role, all from uv.lock:
#   pipeline   Airflow and everything it runs: Java, Spark, Great Expectations, the Apify client, training
#   dashboard  the web server, without Java and Spark
#   mlflow     the MLflow page with training runs
#   predict    POST /predict as an AWS Lambda function
FROM python:3.11-slim-bookworm AS base
RUN pip install --no-cache-dir uv
ENV UV_PROJECT_ENVIRONMENT=/opt/toxwatch UV_LINK_MODE=copy UV_NO_CACHE=1 PATH=/opt/toxwatch/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /app
COPY pyproject.toml uv.lock README.md ./
RUN useradd --create-home --uid 10001 toxwatch && mkdir /data && chown toxwatch /data
VOLUME /data
ENV TOXWATCH_DATA_DIR=/data

FROM base AS pipeline
RUN apt-get update && apt-get install -y --no-install-recommends openjdk-17-jre-headless procps \
    && rm -rf /var/lib/apt/lists/*
RUN uv sync --frozen --no-install-project --extra airflow --extra train
COPY . .
RUN uv sync --frozen --extra airflow --extra train && { python -m jobs.spark.jars && python -m jobs.spark.jars kafka || true; }
USER toxwatch

FROM base AS dashboard
ARG HEAVY="--no-install-package pyspark --no-install-package spark-nlp --no-install-package great-expectations"
RUN uv sync --frozen --no-install-project --extra dashboard $HEAVY
COPY . .
RUN uv sync --frozen --extra dashboard $HEAVY
USER toxwatch

FROM base AS mlflow
RUN uv export --frozen --no-hashes --no-emit-project --extra train | grep '^mlflow' > mlflow.txt \
    && uv venv -q /opt/toxwatch && uv pip install -q --python /opt/toxwatch/bin/python -r mlflow.txt
USER toxwatch

FROM dashboard AS predict
USER root
RUN uv pip install -q --python /opt/toxwatch/bin/python awslambdaric
USER toxwatch
ENV TOXWATCH_DATA_DIR=/tmp
ENTRYPOINT ["python", "-m", "awslambdaric"]
CMD ["deploy.predict.handler"]
