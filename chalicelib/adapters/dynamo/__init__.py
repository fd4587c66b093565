"""The stores on DynamoDB. Every write states in its condition what it assumes."""
