"""LiteLLM, governed: Switchyard says which account and model each request uses, and hears how it went.

  npm start                                       (in another terminal)
  pip install litellm
  OPENAI_API_KEY=... WORKSPACE_ID=ws_... python examples/litellm_callback.py

SWITCHYARD_URL and SWITCHYARD_TOKEN stand for the demo's. In a program of yours: `litellm.callbacks = [SwitchyardLogger()]`. A reference
`env:OPENAI_API_KEY` means: the key is in OPENAI_API_KEY, and the provider's address in OPENAI_API_KEY_URL where it is not the usual one.
"""
import asyncio
import os
import pathlib

import httpx
import litellm
from litellm.integrations.custom_logger import CustomLogger

URL = os.environ.get("SWITCHYARD_URL", "http://127.0.0.1:4000")
TOKEN = os.environ.get("SWITCHYARD_TOKEN") or pathlib.Path("data/demo-token").read_text().strip()
PROVIDERS = {  # LiteLLM's names, where they are not ours; what is custom speaks OpenAI's protocol.
    "azure_openai": "azure", "aws_bedrock": "bedrock", "google_vertex": "vertex_ai", "google_gemini": "gemini",
    "together": "together_ai", "vllm": "hosted_vllm", "custom": "openai",
}
CLASSES = {litellm.RateLimitError: "rate_limited", litellm.Timeout: "timeout", litellm.BadRequestError: "caller_error"}
ELSEWHERE = (litellm.APIConnectionError, litellm.InternalServerError, litellm.RateLimitError, litellm.Timeout)


class SwitchyardLogger(CustomLogger):
    def __init__(self):
        super().__init__()
        self.http = httpx.AsyncClient(base_url=URL + "/v1", headers={"Authorization": "Bearer " + TOKEN}, timeout=10)
        self.org = None

    async def ask(self, method, path, body=None):
        self.org = self.org or (await self.http.get("/me")).raise_for_status().json()["org_id"]
        return (await self.http.request(method, f"/orgs/{self.org}{path}", json=body)).raise_for_status().json()

    async def async_pre_call_deployment_hook(self, kwargs, call_type):
        metadata = kwargs.setdefault("metadata", {})
        context = {"workspace_id": metadata["workspace_id"], "endpoint_type": "chat", "logical_model_id": kwargs["model"]}
        decision = await self.ask("POST", "/decisions", {**context, "retry_of": metadata.get("failed")})
        if not decision["admitted"]:
            raise litellm.PermissionDeniedError(decision["refusal"]["code"], "switchyard", kwargs["model"], response=None)
        account = await self.ask("GET", "/provider-accounts/" + decision["provider_account_id"])
        provider, key = account["provider_type"], account["credentials_ref"].removeprefix("env:")
        metadata["decision"] = decision["decision_id"]
        target = {"model": decision["upstream_model"], "custom_llm_provider": PROVIDERS.get(provider, provider)}
        return {**kwargs, **target, "api_key": os.environ.get(key), "api_base": os.environ.get(key + "_URL")}

    async def report(self, kwargs, begin, end, outcome):
        metadata = kwargs["litellm_params"]["metadata"] or {}
        if decision := metadata.pop("decision", None):
            latency_ms = round((end - begin).total_seconds() * 1000)
            await self.ask("POST", f"/decisions/{decision}/outcome", {**outcome, "latency_ms": latency_ms})
            metadata["failed"] = None if outcome["success"] else decision

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        tokens = {"input_tokens": response_obj.usage.prompt_tokens, "output_tokens": response_obj.usage.completion_tokens}
        await self.report(kwargs, start_time, end_time, {"success": True, **tokens})

    async def async_log_failure_event(self, kwargs, response_obj, start_time, end_time):
        known = (name for kind, name in CLASSES.items() if isinstance(kwargs.get("exception"), kind))
        await self.report(kwargs, start_time, end_time, {"success": False, "error_class": next(known, "provider_error")})


async def complete(workspace_id, **request):
    """LiteLLM's own retries stay with the one target; these go where Switchyard says next."""
    metadata = {"workspace_id": workspace_id}
    for attempt in range(5):
        try:
            return await litellm.acompletion(**request, metadata=metadata, max_retries=0)
        except ELSEWHERE:
            if attempt == 4:
                raise


async def main():
    litellm.callbacks, litellm.suppress_debug_info = [SwitchyardLogger()], True
    messages = [{"role": "user", "content": "Why is the sky blue?"}]
    model = os.environ.get("MODEL", "gpt-4o")  # Where no policy matches.
    answer = await complete(os.environ["WORKSPACE_ID"], model=model, messages=messages)
    print("answered:", answer.choices[0].message.content)
    await asyncio.sleep(1)  # LiteLLM calls its loggers a moment later.


if __name__ == "__main__":
    asyncio.run(main())
