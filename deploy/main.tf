# Toxwatch on one AWS machine: docker-compose.yml on EC2, data on a separate disk with daily snapshots, a copy of the lake in
# S3, secrets in SSM, and POST /predict as a Lambda function if you name its image.
#
#   terraform init && terraform apply -var region=eu-central-1 -var store=my-toxwatch-lake
#
# Terraform gets no secrets, so that its state holds none. Before the first apply, run:
#   aws ssm put-parameter --type SecureString --name /toxwatch/APIFY_TOKEN --value …
# and the same for every other variable in docs/operations.md that you need, e.g. /toxwatch/TOXWATCH_SMTP_URL.

terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.60"
    }
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { project = "toxwatch" }
  }
}

data "aws_caller_identity" "here" {}

data "aws_ssm_parameter" "ubuntu" {
  name = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
}

data "aws_vpc" "default" {
  default = true
}

data "aws_subnets" "default" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
}

data "aws_subnet" "chosen" {
  id = sort(data.aws_subnets.default.ids)[0]
}

# The machine is reachable only through an AWS session. With a domain, browsers also reach its HTTPS proxy.
resource "aws_security_group" "machine" {
  name   = "toxwatch"
  vpc_id = data.aws_vpc.default.id

  dynamic "ingress" {
    for_each = var.domain == "" ? [] : [80, 443]
    content {
      protocol    = "tcp"
      from_port   = ingress.value
      to_port     = ingress.value
      cidr_blocks = var.visitors
    }
  }

  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_s3_bucket" "store" {
  bucket = var.store
}

resource "aws_s3_bucket_public_access_block" "store" {
  bucket                  = aws_s3_bucket.store.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "store" {
  bucket = aws_s3_bucket.store.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "aws:kms"
    }
  }
}

resource "aws_s3_bucket_versioning" "store" {
  bucket = aws_s3_bucket.store.id
  versioning_configuration {
    status = "Enabled"
  }
}

# Erased or replaced objects can be restored for this long and no longer, because people were promised they are gone.
resource "aws_s3_bucket_lifecycle_configuration" "store" {
  bucket = aws_s3_bucket.store.id
  rule {
    id     = "erased-is-erased"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = var.kept_days
    }
  }
}

# Permissions of the machine, the snapshots and the function.
locals {
  roles = {
    machine   = { service = "ec2", policy = "AmazonSSMManagedInstanceCore" }
    snapshots = { service = "dlm", policy = "service-role/AWSDataLifecycleManagerServiceRole" }
    predict   = { service = "lambda", policy = "service-role/AWSLambdaBasicExecutionRole" }
  }
}

data "aws_iam_policy_document" "trust" {
  for_each = local.roles
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["${each.value.service}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "role" {
  for_each           = local.roles
  name               = "toxwatch-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust[each.key].json
}

resource "aws_iam_role_policy_attachment" "role" {
  for_each   = local.roles
  role       = aws_iam_role.role[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/${each.value.policy}"
}

data "aws_iam_policy_document" "machine" {
  statement {
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.store.arn]
  }
  statement {
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.store.arn}/*"]
  }
  statement {
    actions   = ["ssm:GetParametersByPath"]
    resources = [for path in ["toxwatch", "toxwatch/*"] : "arn:aws:ssm:${var.region}:${data.aws_caller_identity.here.account_id}:parameter/${path}"]
  }
}

resource "aws_iam_role_policy" "machine" {
  role   = aws_iam_role.role["machine"].id
  policy = data.aws_iam_policy_document.machine.json
}

resource "aws_iam_instance_profile" "machine" {
  name = "toxwatch"
  role = aws_iam_role.role["machine"].name
}

resource "aws_ebs_volume" "data" {
  availability_zone = data.aws_subnet.chosen.availability_zone
  size              = var.disk_gb
  type              = "gp3"
  encrypted         = true
  tags              = { snapshots = "toxwatch" }
}

resource "aws_volume_attachment" "data" {
  device_name = "/dev/sdf"
  volume_id   = aws_ebs_volume.data.id
  instance_id = aws_instance.machine.id
}

resource "aws_instance" "machine" {
  ami                         = data.aws_ssm_parameter.ubuntu.value
  instance_type               = var.instance_type
  subnet_id                   = data.aws_subnet.chosen.id
  associate_public_ip_address = true
  vpc_security_group_ids      = [aws_security_group.machine.id]
  iam_instance_profile        = aws_iam_instance_profile.machine.name
  user_data_replace_on_change = true
  user_data = templatefile("${path.module}/machine.sh.tftpl", {
    region     = var.region
    volume     = replace(aws_ebs_volume.data.id, "-", "")
    repository = var.repository
    release    = var.release
    store      = "s3://${aws_s3_bucket.store.id}/lake?region=${var.region}"
    domain     = var.domain
  })

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 2 # containers need the metadata service too
  }

  root_block_device {
    volume_size = 20
    encrypted   = true
  }

  lifecycle {
    ignore_changes = [ami] # a newer Ubuntu replaces the machine only when you taint it
  }
}

resource "aws_dlm_lifecycle_policy" "snapshots" {
  description        = "Daily snapshots of the Toxwatch disk"
  execution_role_arn = aws_iam_role.role["snapshots"].arn
  policy_details {
    resource_types = ["VOLUME"]
    target_tags    = { snapshots = "toxwatch" }
    schedule {
      name = "daily"
      create_rule {
        interval      = 24
        interval_unit = "HOURS"
        times         = ["11:00"] # well after the nightly run
      }
      retain_rule {
        interval      = var.kept_days
        interval_unit = "DAYS"
      }
    }
  }
}

resource "aws_lambda_function" "predict" {
  count         = var.predict_image == "" ? 0 : 1
  function_name = "toxwatch-predict"
  package_type  = "Image"
  image_uri     = var.predict_image
  role          = aws_iam_role.role["predict"].arn
  memory_size   = 1769 # one full core
  timeout       = 60
}

resource "aws_lambda_function_url" "predict" {
  count              = length(aws_lambda_function.predict)
  function_name      = aws_lambda_function.predict[0].function_name
  authorization_type = "AWS_IAM"
}
