"""The network in PyTorch: an ordinary cross-encoder, the embedder's layers over a claim and passages, and a head."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch  # type: ignore[import-not-found, unused-ignore]
from torch import Tensor, nn  # type: ignore[import-not-found, unused-ignore]
from torch.nn import functional as F  # type: ignore[import-not-found, unused-ignore]

from assistant.crossencoder.inputs import Pair
from vectorstore.embedders.e5_weights import WeightsFile, unpack_nibbles

_ATTENTION_HEADS = 12
_FORBIDDEN = -1e4


@dataclass(frozen=True)
class Batch:
    """Pairs padded to one length.

    Args:
        ids: (pairs, tokens).
        real: (pairs, tokens), whether it is no padding.
        told: (pairs, tokens), whether it belongs to the claim.
    """

    ids: Tensor
    real: Tensor
    told: Tensor

    @classmethod
    def of(cls, pairs: Sequence[Pair]) -> "Batch":
        """Pad some pairs."""
        longest = max(len(pair.ids) for pair in pairs)
        places = torch.arange(longest)[None, :]
        return cls(
            torch.tensor([[*pair.ids, *[0] * (longest - len(pair.ids))] for pair in pairs]),
            places < torch.tensor([len(pair.ids) for pair in pairs])[:, None],
            places < torch.tensor([pair.told for pair in pairs])[:, None],
        )


class Layer(nn.Module):  # type: ignore[misc, unused-ignore]
    """One post-norm BERT layer that begins with the embedder's weights.

    Args:
        weights: the opened weights file.
        number: which layer.
        dropout: share of each block's output that is dropped in training.
    """

    def __init__(self, weights: WeightsFile, number: int, dropout: float) -> None:
        super().__init__()
        hidden, inner = weights.shape.hidden, weights.shape.inner
        name = f"l{number}"
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.out, self.up, self.down = nn.Linear(hidden, hidden), nn.Linear(hidden, inner), nn.Linear(inner, hidden)
        self.attention_norm = nn.LayerNorm(hidden, eps=weights.shape.epsilon)
        self.norm = nn.LayerNorm(hidden, eps=weights.shape.epsilon)
        self.dropout = nn.Dropout(dropout)
        with torch.no_grad():
            self.qkv.weight.copy_(torch.cat([_matrix(weights, f"{name}.{part}", hidden) for part in "qkv"]))
            self.qkv.bias.copy_(torch.cat([_vector(weights, f"{name}.{part}.b") for part in "qkv"]))
            for linear, part, width in ((self.out, "ao", hidden), (self.up, "fi", hidden), (self.down, "fo", inner)):
                linear.weight.copy_(_matrix(weights, f"{name}.{part}", width))
                linear.bias.copy_(_vector(weights, f"{name}.{part}.b"))
            for norm, part in ((self.attention_norm, "aln"), (self.norm, "oln")):
                norm.weight.copy_(_vector(weights, f"{name}.{part}.w"))
                norm.bias.copy_(_vector(weights, f"{name}.{part}.b"))

    def forward(self, states: Tensor, forbidden: Tensor) -> Tensor:
        """States (pairs, tokens, hidden) after the layer; ``forbidden`` is added to the attention's scores."""
        # Attention is written out: torch's fused kernel is several times slower backwards on a processor.
        parts = self.qkv(states).chunk(3, -1)
        query, key, value = (part.unflatten(-1, (_ATTENTION_HEADS, -1)).transpose(1, 2) for part in parts)
        scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5 + forbidden
        context = (scores.softmax(dim=-1).to(value.dtype) @ value).transpose(1, 2).flatten(2)
        states = self.attention_norm(states + self.dropout(self.out(context)))
        return self.norm(states + self.dropout(self.down(F.gelu(self.up(states)))))


class CrossEncoder(nn.Module):  # type: ignore[misc, unused-ignore]
    """The embedder with a head.

    Args:
        weights: where the layers begin from.
        frozen: so many lower layers stay as they are; the word table always does.
        dropout: see `Layer`.
    """

    def __init__(self, weights: WeightsFile, frozen: int, dropout: float = 0.1) -> None:
        super().__init__()
        hidden = weights.shape.hidden
        self._frozen, self._hidden = frozen, hidden
        self._words = weights.blocks("emb.word", hidden)
        places = weights.floats("emb.pos").reshape(-1, hidden) + weights.floats("emb.type")[:hidden]
        self.register_buffer("places", torch.from_numpy(places.copy()), persistent=False)
        self.embedding_norm = nn.LayerNorm(hidden, eps=weights.shape.epsilon)
        with torch.no_grad():
            self.embedding_norm.weight.copy_(_vector(weights, "emb.ln.w"))
            self.embedding_norm.bias.copy_(_vector(weights, "emb.ln.b"))
        self.embedding_norm.requires_grad_(False)
        self.layers = nn.ModuleList(
            Layer(weights, number, dropout if number >= frozen else 0.0) for number in range(weights.shape.layers)
        )
        self.layers[:frozen].requires_grad_(False)
        self.head = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, 1))

    def forward(self, pairs: Sequence[Pair]) -> Tensor:
        """Log odds (pairs,) that the passages say what the claim says."""
        batch = Batch.of(pairs)
        forbidden = torch.zeros(batch.real.shape).masked_fill(~batch.real, _FORBIDDEN)[:, None, None, :]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            with torch.no_grad():
                states = self.embedding_norm(self._embeddings(batch.ids))
                for layer in self.layers[: self._frozen]:
                    states = layer(states, forbidden)
            for layer in self.layers[self._frozen :]:
                states = layer(states, forbidden)
        states, told = states.float(), batch.told.unsqueeze(-1)
        mean = (states * told).sum(dim=1) / told.sum(dim=1)
        odds: Tensor = self.head(torch.cat([states[:, 0], mean], dim=1)).squeeze(-1)
        return odds

    def _embeddings(self, ids: Tensor) -> Tensor:
        integers, scales = unpack_nibbles(self._words[ids.flatten().numpy()])
        words = np.multiply(integers, scales[..., None], dtype=np.float32).reshape(*ids.shape, self._hidden)
        return torch.from_numpy(words) + self.places[: ids.shape[1]]


def _matrix(weights: WeightsFile, name: str, width: int) -> Tensor:
    integers, scales = unpack_nibbles(weights.blocks(f"{name}.w", width))
    return torch.from_numpy((integers * scales[..., None]).reshape(len(integers), width).astype(np.float32))


def _vector(weights: WeightsFile, name: str) -> Tensor:
    return torch.from_numpy(weights.floats(name).copy())
