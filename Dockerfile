# One image per role, all from uv.lock:
#   pipeline   Airflow and everything it runs: Java, Spark, Great Expectations, the Apify client
#   training   the same with TensorFlow, for the DAG `training` and `toxwatch train`
#   dashboard  the web server, without Java and Spark
#   mlflow     the MLflow page with training runs
#   predict    POST /predict as an AWS Lambda function
# Packages are installed in stages of their own, and only the result is copied: an image holds no installer and no cache.
# Everything is compiled here: containers are read-only, so each of their processes would compile what it imports anew.
FROM python:3.11-slim-bookworm AS installer
RUN pip install --no-cache-dir uv
ENV UV_PROJECT_ENVIRONMENT=/opt/toxwatch UV_LINK_MODE=copy UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1 \
    PATH=/opt/toxwatch/bin:$PATH PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY pyproject.toml uv.lock README.md ./
RUN for package in jobs models warehouse dashboard dags; do mkdir $package; touch $package/__init__.py; done; \
    touch targets.toml alerts.toml policies.toml

FROM installer AS pipeline-packages
RUN apt-get update && apt-get install -y --no-install-recommends openjdk-17-jre-headless
ARG WEB="--no-install-package dash --no-install-package plotly --no-install-package dash-ag-grid --no-install-package dash-mantine-components"
RUN uv sync --frozen --extra airflow --extra databases --extra pictures $WEB
COPY jobs/__init__.py jobs/errors.py jobs/
COPY jobs/spark/__init__.py jobs/spark/jars.py jobs/spark/
RUN python -m jobs.spark.jars && python -m jobs.spark.jars kafka

FROM python:3.11-slim-bookworm AS base
ENV PATH=/opt/toxwatch/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 TOXWATCH_DATA_DIR=/data
WORKDIR /app
RUN useradd --create-home --uid 10001 toxwatch && mkdir /data /backups && chown toxwatch /data /backups
VOLUME /data

FROM base AS program
COPY . .
RUN python -m compileall -q .

FROM base AS java
RUN apt-get update && apt-get install -y --no-install-recommends openjdk-17-jre-headless procps \
    && rm -rf /var/lib/apt/lists/*

FROM java AS pipeline
COPY --from=pipeline-packages /opt/toxwatch /opt/toxwatch
COPY --from=program /app /app
# Says so where Java keeps no classes; Spark then starts more slowly.
RUN python -m jobs.schedule.rehearsal || true
USER toxwatch

FROM installer AS dashboard-packages
ARG HEAVY="--no-install-package pyspark --no-install-package spark-nlp --no-install-package great-expectations"
RUN uv sync --frozen --extra openid --extra pictures $HEAVY

FROM base AS dashboard
COPY --from=dashboard-packages /opt/toxwatch /opt/toxwatch
COPY --from=program /app /app
USER toxwatch

FROM installer AS mlflow-packages
RUN uv export --frozen --no-hashes --no-emit-project --extra train | grep '^mlflow' > mlflow.txt \
    && uv venv -q /opt/toxwatch && uv pip install -q --python /opt/toxwatch/bin/python -r mlflow.txt

FROM base AS mlflow
COPY --from=mlflow-packages /opt/toxwatch /opt/toxwatch
USER toxwatch

FROM pipeline-packages AS training-packages
RUN uv sync --frozen --extra airflow --extra databases --extra pictures --extra train

FROM java AS training
COPY --from=training-packages /opt/toxwatch /opt/toxwatch
COPY --from=program /app /app
USER toxwatch

FROM dashboard-packages AS predict-packages
RUN uv pip install -q --python /opt/toxwatch/bin/python awslambdaric

FROM base AS predict
COPY --from=predict-packages /opt/toxwatch /opt/toxwatch
COPY --from=program /app /app
USER toxwatch
ENV TOXWATCH_DATA_DIR=/tmp
ENTRYPOINT ["python", "-m", "awslambdaric"]
CMD ["deploy.predict.handler"]
