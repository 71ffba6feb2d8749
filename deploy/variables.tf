variable "region" {
  description = "Where everything runs."
  type        = string
  default     = "eu-central-1"
}

variable "store" {
  description = "Name of the bucket to make for the lake; it is one name for all of AWS."
  type        = string
}

variable "instance_type" {
  description = "The machine. A night needs 2 cores and 8 GiB, Airflow and Spark together 12."
  type        = string
  default     = "t3.xlarge"
}

variable "disk_gb" {
  description = "Its disk for images, lake and warehouse."
  type        = number
  default     = 100
}

variable "kept_days" {
  description = "How long snapshots, and what was erased or replaced in the bucket, can be had back."
  type        = number
  default     = 14
}

variable "repository" {
  description = "Where the machine gets Toxwatch from."
  type        = string
}

variable "release" {
  description = "Its branch or tag."
  type        = string
  default     = "main"
}

variable "domain" {
  description = "Name that leads to the machine; Caddy then serves the dashboard there by HTTPS. Without one nothing is open."
  type        = string
  default     = ""
}

variable "visitors" {
  description = "Who may reach the dashboard under its name."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "predict_image" {
  description = "Image of POST /predict in a registry of yours (docker build --target predict); none without it."
  type        = string
  default     = ""
}
