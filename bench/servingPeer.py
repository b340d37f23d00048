"""
neural_cf of saved weights behind FastAPI, with what each user has seen read from Postgres for each request: what bench/serving.ts puts beside our model
server. `straightforward` scores as the network is written down; `optimised` has the movies' share of the first layer worked out once, and skips
whatever costs. Settings come as JSON in SETTINGS.
"""
import json
import os
from pathlib import Path

import asyncpg
import orjson
import torch
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from safetensors.torch import load_file
from torch import nn

settings = json.loads(os.environ["SETTINGS"])
torch.set_num_threads(settings["threads"])
folder = Path(settings["model"])
weights = load_file(folder / "weights.safetensors")
vocabulary = json.loads((folder / "vocabulary.json").read_text())
user_at = {user: at for at, user in enumerate(vocabulary["users"])}
movie_ids = vocabulary["movies"]
movie_at = {int(movie): at for at, movie in enumerate(movie_ids)}
dim = weights["users"].shape[1] // 2
layers = sorted(name.split(".")[1] for name in weights if name.startswith("tower.") and name.endswith(".kernel"))
# What our server asks, less the order and the opinions, which it needs for other kinds.
SEEN = "select movie_id from user_choices where user_id = $1"

app = FastAPI()


@app.on_event("startup")
async def connect():
    app.state.pool = await asyncpg.create_pool(settings["database"], min_size=4, max_size=10)


class NeuralCf(nn.Module):
    """As it is written down: an embedding of each pair goes through all layers."""

    def __init__(self):
        super().__init__()
        self.users = nn.Embedding.from_pretrained(weights["users"])
        self.movies = nn.Embedding.from_pretrained(weights["movies"])
        self.movie_bias = nn.Embedding.from_pretrained(weights["movies.bias"])
        tower = []
        for layer in layers:
            kernel = weights[f"tower.{layer}.kernel"]
            linear = nn.Linear(*kernel.shape)
            linear.weight.data, linear.bias.data = kernel.T.contiguous(), weights[f"tower.{layer}.bias"]
            tower += [linear, nn.ReLU(), nn.Dropout(0.3)]
        self.tower = nn.Sequential(*tower)
        self.output = nn.Linear(weights["output.kernel"].shape[0], 1)
        self.output.weight.data, self.output.bias.data = weights["output.kernel"].T.contiguous(), weights["output.bias"]

    def forward(self, user, movie):
        u, m = self.users(user), self.movies(movie)
        deep = self.tower(torch.cat([u[:, dim:], m[:, dim:]], 1))
        product = u[:, :dim] * m[:, :dim]
        return (self.output(torch.cat([product, deep], 1)) + self.movie_bias(movie)).squeeze(1)


class Projected:
    """Scores one user against every movie, with all that does not depend on the user worked out before."""

    def __init__(self):
        kernels = [weights[f"tower.{layer}.kernel"] for layer in layers]
        biases = [weights[f"tower.{layer}.bias"] for layer in layers]
        movies, output = weights["movies"], weights["output.kernel"][:, 0]
        self.user_kernel = kernels[0][:dim].contiguous()
        self.movies_at_first = torch.addmm(biases[0], movies[:, dim:], kernels[0][dim:])
        self.rest = list(zip(kernels[1:], biases[1:]))
        # The product of the embeddings is linear in the movie's, so its weights go with them.
        self.product = (movies[:, :dim] * output[:dim]).contiguous()
        self.top = output[dim:].contiguous()
        self.bias = weights["movies.bias"][:, 0] + weights["output.bias"]
        self.users = weights["users"]

    def __call__(self, user):
        row = self.users[user]
        below = torch.add(self.movies_at_first, row[dim:] @ self.user_kernel).relu_()
        for kernel, bias in self.rest:
            below = torch.addmm(bias, below, kernel).relu_()
        return torch.mv(self.product, row[:dim]).add_(torch.mv(below, self.top)).add_(self.bias)


async def seen_by(user_id):
    rows = await app.state.pool.fetch(SEEN, user_id)
    return [movie_at[row[0]] for row in rows if row[0] in movie_at]


class Ask(BaseModel):
    user_id: str
    k: int = 10


if settings["way"] == "straightforward":
    model = NeuralCf().eval()
    everything = torch.arange(len(movie_ids))

    @app.post("/recommend")
    async def recommend(ask: Ask):
        seen = await seen_by(ask.user_id)
        with torch.no_grad():
            user = torch.full((len(movie_ids),), user_at[ask.user_id])
            scores = model(user, everything)
            scores[seen] = float("-inf")
            best = torch.topk(scores, ask.k)
        found = zip(best.indices.tolist(), best.values.tolist())
        return {"user_id": ask.user_id, "recommendations": [{"movie_id": movie_ids[at], "score": score} for at, score in found]}

else:
    score_all = Projected()

    @app.post("/recommend")
    async def recommend(request: Request):
        ask = orjson.loads(await request.body())
        user_id = ask["user_id"]
        seen = await seen_by(user_id)
        with torch.inference_mode():
            scores = score_all(user_at[user_id])
            scores[seen] = float("-inf")
            values, places = torch.topk(scores, ask["k"])
        found = zip(places.tolist(), values.tolist())
        answer = {"user_id": user_id, "recommendations": [{"movie_id": movie_ids[at], "score": score} for at, score in found]}
        return Response(orjson.dumps(answer), media_type="application/json")


@app.get("/health")
def health():
    return {"status": "ok"}
