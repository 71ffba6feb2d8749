variable "region" {
  description = "AWS region."
  type        = string
  default     = "eu-central-1"
}

variable "store" {
  description = "Name of the bucket to create for the lake; must be unique across AWS."
  type        = string
}

variable "instance_type" {
  description = "Instance type. A night needs 2 cores and 8 GiB; with Airflow and Spark together, 12 GiB."
  type        = string
  default     = "t3.xlarge"
}

variable "disk_gb" {
  description = "Size of the disk for images, lake and warehouse."
  type        = number
  default     = 100
}

variable "kept_days" {
  description = "Number of days to keep snapshots and erased or replaced objects."
  type        = number
  default     = 14
}

variable "repository" {
  description = "Git repository to install Toxwatch from."
  type        = string
}

variable "release" {
  description = "Branch or tag to install."
  type        = string
  default     = "main"
}

variable "domain" {
  description = "Domain of the machine; Caddy then serves the dashboard there over HTTPS. Without it, nothing is open."
  type        = string
  default     = ""
}

variable "visitors" {
  description = "Address ranges that may open the dashboard under its domain."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "predict_image" {
  description = "Image for POST /predict in your registry (docker build --target predict). Without it, no function is created."
  type        = string
  default     = ""
}
