# pip install "boto3>=1.39"
import os
import subprocess

import boto3

token = os.environ.get("TOKEN") or subprocess.check_output(["npx", "tollgate", "token", "acme-app"], text=True).strip()

# What a shell would set: AWS_ENDPOINT_URL_BEDROCK_RUNTIME=GATEWAY AWS_BEARER_TOKEN_BEDROCK=$TOKEN AWS_REGION=us-east-1
os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = os.environ.get("GATEWAY", "http://127.0.0.1:8787")
os.environ["AWS_BEARER_TOKEN_BEDROCK"] = token
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"

client = boto3.client("bedrock-runtime")
answer = client.converse(modelId="amazon.nova-lite-v1:0", messages=[{"role": "user", "content": [{"text": "hello"}]}])
print(answer["output"]["message"]["content"][0]["text"])
