"""The least of OpenAI's client for Python that runs what the console shows, for machines that have Python and not that."""
import json
import urllib.request
from types import SimpleNamespace


class OpenAI:
    def __init__(self, *, base_url: str, api_key: str) -> None:
        self.base_url = base_url
        self.headers = {"authorization": f"Bearer {api_key}", "content-type": "application/json"}
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=self.create))

    def create(self, **body):
        url = f"{self.base_url}/chat/completions"
        request = urllib.request.Request(url, json.dumps(body).encode(), self.headers)
        if not body.get("stream"):
            return parsed(urllib.request.urlopen(request).read())
        lines = (line.decode().removeprefix("data: ").strip() for line in urllib.request.urlopen(request))
        return (parsed(line) for line in lines if line.startswith("{"))


class Object(SimpleNamespace):
    def __getattr__(self, _name):
        return None


def parsed(text):
    return json.loads(text, object_hook=lambda members: Object(**members))
