"""FastAPI with pydantic models over sqlite3, as its manual writes it; uvicorn with uvloop and httptools."""

import os
import socket
import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

ORG = os.environ["ORG"]
db = sqlite3.connect(os.environ["PLACE"], check_same_thread=False)
db.execute("PRAGMA cache_size = -65536")


class Namespace(BaseModel):
    """Read from a stored document in camelCase, answered in snake_case."""

    model_config = ConfigDict(alias_generator=to_camel)

    namespace_id: str = Field(validation_alias="id")
    name: str
    description: str | None
    app_id: str
    workspace_id: str
    environment_id: str
    embedding_model_id: str | None
    extraction_model_id: str | None
    auto_extract_entities: bool
    is_private: bool
    index_threads: bool
    episodes_enabled: bool
    episode_config: dict[str, Any] | None
    status: str
    context_type: str | None
    tags: list[str]
    thread_ids: list[str]
    source_ids: list[str]
    memory_vault_id: str | None
    node_ids: list[str]
    reindex_status: str | None
    reindex_started_at: str | None
    reindex_completed_at: str | None
    reindex_progress: dict[str, int] | None
    reindex_error: str | None
    created_by: str
    created_at: str
    updated_at: str


class NamespacePage(BaseModel):
    total: int
    has_more: bool
    next_cursor: str | None
    namespaces: list[Namespace]


app = FastAPI()
PATH = "/v1/orgs/{org_id}/workspaces/{workspace_id}/apps/{app_id}/namespaces"
PAGE = "SELECT doc FROM namespaces WHERE org = ? AND scope = ? {} ORDER BY created_at DESC, id DESC LIMIT ?"
FIRST, AFTER = PAGE.format(""), PAGE.format("AND (created_at, id) < (?, ?)")


# `async def`: a plain `def` would run in a pool of threads, which costs more than the read itself.
@app.get(PATH + "/{namespace_id}", response_model_by_alias=False)
async def get_namespace(org_id: str, workspace_id: str, app_id: str, namespace_id: str) -> Namespace:
    row = db.execute("SELECT doc FROM namespaces WHERE org = ? AND id = ?", (org_id, namespace_id)).fetchone()
    if row is None:
        raise HTTPException(404)
    return Namespace.model_validate_json(row[0])


@app.get(PATH, response_model_by_alias=False)
async def list_namespaces(
    org_id: str, workspace_id: str, app_id: str, limit: int = 50, cursor: str | None = None
) -> NamespacePage:
    if cursor is None:
        rows = db.execute(FIRST, (org_id, app_id, limit + 1)).fetchall()
    else:
        rows = db.execute(AFTER, (org_id, app_id, *urlsafe_b64decode(cursor).decode().split("|"), limit + 1)).fetchall()
    total = db.execute("SELECT n FROM totals WHERE scope = ?", (f"namespaces:{app_id}",)).fetchone()
    found = [Namespace.model_validate_json(doc) for (doc,) in rows[:limit]]
    more = len(rows) > limit
    last = found[-1] if more else None
    return NamespacePage.model_construct(
        total=total[0] if total else 0,
        has_more=more,
        next_cursor=last and urlsafe_b64encode(f"{last.created_at}|{last.namespace_id}".encode()).decode(),
        namespaces=found,
    )


listening = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_keep_alive=30)
uvicorn.Server(config).run(sockets=[listening])
