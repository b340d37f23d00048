"""neural_cf of saved weights behind MLServer, by the Open Inference Protocol V2: pairs of a user and a movie in, a score each out."""
import asyncio
import json
import os
from pathlib import Path

import numpy as np
import torch
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse
from safetensors.torch import load_file

settings = json.loads(os.environ["SETTINGS"])
# So few rows are scored faster by one.
torch.set_num_threads(1)


class NeuralCf(MLModel):
    async def load(self) -> bool:
        folder = Path(settings["model"])
        weights = load_file(folder / "weights.safetensors")
        vocabulary = json.loads((folder / "vocabulary.json").read_text())
        self.user_at = {user: at for at, user in enumerate(vocabulary["users"])}
        self.movie_at = {movie: at for at, movie in enumerate(vocabulary["movies"])}
        self.weights = weights
        self.dim = weights["users"].shape[1] // 2
        layers = sorted(name.split(".")[1] for name in weights if name.startswith("tower.") and name.endswith(".kernel"))
        self.tower = [(weights[f"tower.{layer}.kernel"], weights[f"tower.{layer}.bias"]) for layer in layers]
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        asked = {given.name: StringCodec.decode_input(given) for given in payload.inputs}
        users = torch.tensor([self.user_at[user] for user in asked["user_id"]])
        movies = torch.tensor([self.movie_at[movie] for movie in asked["movie_id"]])
        dim, output = self.dim, self.weights["output.kernel"]
        with torch.inference_mode():
            u, m = self.weights["users"][users], self.weights["movies"][movies]
            below = torch.cat([u[:, dim:], m[:, dim:]], 1)
            for kernel, bias in self.tower:
                below = torch.addmm(bias, below, kernel).relu_()
            scores = torch.cat([u[:, :dim] * m[:, :dim], below], 1) @ output + self.weights["output.bias"] + self.weights["movies.bias"][movies]
        outputs = [NumpyCodec.encode_output("score", scores[:, 0].numpy().astype(np.float32))]
        return InferenceResponse(model_name=self.name, outputs=outputs)


async def main():
    server = MLServer(
        Settings(
            host="127.0.0.1",
            http_port=settings["port"],
            grpc_port=settings["grpc_port"],
            metrics_port=settings["metrics_port"],
            parallel_workers=settings["workers"],
            debug=False,
        )
    )
    await server.start([ModelSettings(name="neural_cf", implementation=NeuralCf)])


if __name__ == "__main__":
    asyncio.run(main())
