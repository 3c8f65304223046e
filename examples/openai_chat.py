# pip install openai
import os
import subprocess

from openai import OpenAI

gateway = os.environ.get("GATEWAY", "http://127.0.0.1:8787")


def access_token() -> str:
    """Yours asks your identity provider, and keeps the token until shortly before it expires."""
    return os.environ.get("TOKEN") or subprocess.check_output(["npx", "tollgate", "token", "acme-app"], text=True).strip()


client = OpenAI(base_url=f"{gateway}/v1", api_key=access_token)  # a function is asked for every request
answer = client.chat.completions.create(model="amazon.nova-lite-v1:0", messages=[{"role": "user", "content": "hello"}])
print(answer.choices[0].message.content)
