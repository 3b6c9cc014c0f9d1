"""Words that say the opposite of each other, in both languages, for claims that turn round what a card says."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

# One side and the other: English words as patterns, then Chinese ones. The Chinese side of one pair may be met by the
# English side of the same: claims and cards need not share a language.
_PAIRS = (
    (
        (
            r"increas\w* rais\w+ rises? rose grow\w* grew higher boost\w* enhanc\w* amplif\w* strengthen\w* "
            r"accelerat\w*",
            "提升 提高 增加 增强 上升 更高 增长 放大 加剧 加速 升至 升到",
        ),
        (
            r"decreas\w* reduc\w* lower\w* drop\w* falls? fell declin\w* weaken\w* mitigat\w* shrink\w* lessen\w* "
            r"cuts? slow\w* degrad\w*",
            "下降 降低 减少 降至 降到 缩减 削弱 更低 减弱 减轻 缓解 抑制 减慢",
        ),
    ),
    (("more", "更多 更容易 更加"), ("less fewer", "更少 更不 较少")),
    (
        (
            r"better outperform\w* surpass\w* exceed\w* beats? ahead superior wins? above stronger",
            "优于 超过 超越 胜过 领先 更好 高于 更强",
        ),
        (
            r"worse underperform\w* trails? behind inferior below loses? weaker lag\w*",
            "不如 低于 落后 更差 逊于 更弱 不及",
        ),
    ),
    (
        (
            r"same identical match\w* agree\w* consistent\w* equal\w* similar\w* alike share[sd]? unchanged preserv\w* "
            r"retain\w* keeps? maintain\w*",
            "相同 一致 一样 匹配 相当 等同 相似 保持 保留",
        ),
        (
            r"differ\w* inconsisten\w* disagree\w* unequal distinct discard\w* destroy\w* lose[sd]? lost sacrific\w* "
            r"drops? forget\w*",
            "不同 不一致 各异 差异 丢弃 牺牲 破坏 丢失 舍弃 遗忘",
        ),
    ),
    (
        (r"with using requires? needs? rel(?:y|ies) depends? must", "需要 依赖 借助 依靠 必须 要求"),
        (
            r"without no free not instead\sof rather\sthan avoid\w* eliminat\w*",
            "无需 无须 不需 不依赖 不用 免 摆脱 避免 而非 没有",
        ),
    ),
    (
        (r"robust\w* stable stability insensitive invariant reliabl\w*", "稳健 稳定 鲁棒 不敏感 可靠"),
        (
            r"fragile unstable instability sensitive brittle vulnerab\w* unreliabl\w* collapse[sd]? vanish\w*",
            "脆弱 不稳 敏感 崩溃 消失 易受 坍塌",
        ),
    ),
    (
        (r"internal\w* inner intrinsic\w* inside within", "内部 内在"),
        (r"external\w* outer extrinsic outside", "外部 外在 外接"),
    ),
    (
        (r"static fixed constant frozen freez\w* predefined", "静态 固定 冻结 不变 预设 预定义"),
        (
            r"dynamic\w* adaptiv\w* trainable vary\w* learn(?:ed|able) updat\w*",
            "动态 自适应 可训练 更新 可学习 变化",
        ),
    ),
    ((r"local\w*", "局部"), (r"global\w*", "全局")),
    ((r"sparse\w* sparsit\w*", "稀疏"), (r"dense\w*", "稠密 密集")),
    (("fine finer fine-grained", "细粒度 更细"), (r"coarse\w*", "粗粒度 更粗")),
    (
        (r"autoregressive\w*", "(?<!非)自回归"),
        (r"non-autoregressive\w* diffusion\w* parallel\w*", "非自回归 扩散 并行"),
    ),
    (
        (r"before prior\sto pre-\w+ pretrain\w*", "之前 预训练 事先"),
        (r"after post-\w+ fine-tun\w* finetun\w* afterwards", "之后 微调 事后 后训练"),
    ),
    (
        (r"train\w* pretrain\w*", "训练"),
        (
            r"inference test-time decoding training-free deploy\w*",
            "推理时 推理阶段 解码 免训练 无需训练 测试时",
        ),
    ),
    (
        (r"visual\w* vision images? pixels? video\w*", "视觉 图像 图片 视频"),
        (r"text\w* language linguistic\w* words? captions?", "文本 文字 语言"),
    ),
    (
        (
            r"small\w* short\w* few low narrow\w* shallow\w* single minor slight\w* tiny",
            "更小 较小 短 少量 低 浅 单一 单个 轻微 小幅",
        ),
        (
            r"large\w* long\w* many high wide\w* deep\w* multiple major significant\w* big huge substantial\w*",
            "更大 较大 长 大量 高 深 多个 多种 显著 大幅",
        ),
    ),
    ((r"linear\w*", "(?<!非)线性"), (r"non-?linear\w* quadratic\w* exponential\w*", "非线性 二次 平方 指数")),
    ((r"explicit\w*", "显式 明确"), (r"implicit\w* latent\w* hidden", "隐式 潜在 隐")),
    (
        ("token-level tokens? word-level", "词元 逐词"),
        (r"sequence-level sequences? sentence-level trajector\w*", "序列级 整句 轨迹级"),
    ),
    (("offline", "离线"), ("online", "在线")),
    (
        (
            r"merg\w* combin\w* unif\w* joint\w* together shared?",
            "合并 联合 统一 共享 共同",
        ),
        (
            r"separat\w* split\w* independent\w* decoupl\w* prun\w* disentangl\w* individual\w*",
            "分离 拆分 独立 解耦 剪 分开 各自",
        ),
    ),
    ((r"encoder\w*", "编码器"), (r"decoder\w*", "解码器")),
    (
        (r"upper maxim\w* most best", "上限 最大 最多 最好 最优"),
        (r"lower minim\w* least worst", "下限 最小 最少 最差"),
    ),
    (("discrete", "离散"), (r"continuous\w*", "连续")),
    ((r"public\w* open\w*", "公开 开源 开放"), (r"private\w* closed\w* proprietary", "私有 闭源 专有")),
)


def _pattern(english: str, chinese: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(english.split())})\b|{'|'.join(chinese.split())}", re.IGNORECASE)


_SIDES = [(_pattern(*one), _pattern(*other)) for one, other in _PAIRS]
_BOTH_WAYS = [*_SIDES, *((other, one) for one, other in _SIDES)]


def opposed(claim: str, texts: Iterable[str]) -> int:
    """How many words of a claim are met by their opposite in some texts, and by themselves in none.

    Args:
        claim: one sentence; a word that it uses together with its opposite counts for nothing.
        texts: what the card says.
    """
    said = list(texts)
    return sum(
        any(other.search(text) for text in said) and not any(one.search(text) for text in said)
        for one, other in _taken(claim)
    )


@lru_cache(maxsize=1_024)
def _taken(claim: str) -> Sequence[tuple[re.Pattern[str], re.Pattern[str]]]:
    """The sides that a claim takes, each with the other side."""
    return [(one, other) for one, other in _BOTH_WAYS if one.search(claim) and not other.search(claim)]
