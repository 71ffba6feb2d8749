output "address" {
  description = "Point your domain to this address."
  value       = aws_instance.machine.public_ip
}

output "dashboard" {
  description = "Opens the dashboard at http://127.0.0.1:8050, with or without a domain."
  value       = "aws ssm start-session --target ${aws_instance.machine.id} --document-name AWS-StartPortForwardingSession --parameters portNumber=8050,localPortNumber=8050"
}

output "predict" {
  description = "Call it with a signed request: awscurl --service lambda -X POST ADDRESS/predict -d '{\"inputs\": [\"…\"]}'"
  value       = one(aws_lambda_function_url.predict[*].function_url)
}
