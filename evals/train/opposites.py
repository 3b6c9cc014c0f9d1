"""Words that turn a statement round when one stands for the other, in both languages."""

import re

_ENGLISH = """
increases/decreases increase/decrease increased/decreased increasing/decreasing improves/worsens improve/worsen
improved/worsened improving/worsening reduces/increases reduce/increase reduced/increased reducing/increasing
raises/lowers raise/lower raised/lowered raising/lowering lowers/raises boosts/hurts boost/hurt boosting/hurting
enhances/degrades enhance/degrade enhanced/degraded enhancing/degrading strengthens/weakens strengthen/weaken
higher/lower more/less fewer/more less/more faster/slower slower/faster larger/smaller smaller/larger better/worse
worse/better stronger/weaker weaker/stronger longer/shorter shorter/longer cheaper/costlier above/below below/above
before/after after/before outperforms/underperforms outperform/underperform outperforming/underperforming
outperformed/underperformed surpasses/trails surpass/trail surpassing/trailing exceeds/trails exceeding/trailing
beats/trails beat/trail beating/trailing rises/falls rise/fall rose/fell falls/rises fall/rise drops/rises drop/rise
dropped/rose gains/losses gain/loss with/without without/with internal/external external/internal high/low low/high
large/small small/large long/short short/long single/multiple multiple/single static/dynamic dynamic/static
offline/online online/offline explicit/implicit implicit/explicit explicitly/implicitly implicitly/explicitly
local/global global/local supervised/unsupervised training-free/training-based positive/negative negative/positive
lossless/lossy forward/backward backward/forward training/inference inference/training encoder/decoder
decoder/encoder sparse/dense dense/sparse early/late late/early earlier/later later/earlier easy/hard hard/easy
easier/harder harder/easier simple/complex complex/simple open/closed token-level/sequence-level coarse/fine
coarse-grained/fine-grained fine-grained/coarse-grained human/automatic automatic/manual manual/automatic
automatically/manually manually/automatically linear/non-linear parallel/sequential sequential/parallel
minimum/maximum maximum/minimum maximise/minimise minimise/maximise maximize/minimize minimize/maximize
maximizes/minimizes minimizes/maximizes maximizing/minimizing minimizing/maximizing most/least best/worst
same/different different/identical similar/different keeps/discards keep/discard keeping/discarding
preserves/loses preserving/losing adds/removes adding/removing removes/adds removing/adding freezes/trains
frozen/trainable trainable/frozen relevant/irrelevant irrelevant/relevant known/unknown unknown/known seen/unseen
unseen/seen in-domain/out-of-domain strong/weak weak/strong teacher/student student/teacher input/output
output/input inputs/outputs outputs/inputs discrete/continuous continuous/discrete upper/lower success/failure
successful/failed failed/successful correct/incorrect incorrect/correct correctness/incorrectness wins/loses
always/never first/last last/first fixed/adaptive adaptive/fixed shared/separate separate/shared deep/shallow
shallow/deep wide/narrow broad/narrow common/rare rare/common public/private private/public on-policy/off-policy
off-policy/on-policy autoregressive/non-autoregressive homogeneous/heterogeneous two-stage/single-stage
single-stage/two-stage text/image image/text visual/textual textual/visual symmetric/asymmetric safe/unsafe
unsafe/safe harmful/harmless benign/harmful real/synthetic synthetic/real pre-training/fine-tuning
fine-tuning/pre-training pretraining/fine-tuning encourages/penalizes penalizes/rewards rewards/penalizes
compress/expand compresses/expands unlike/like despite/because
"""
_CHINESE = """
提升/降低 提高/降低 增加/减少 降低/提高 减少/增加 下降/上升 上升/下降 增强/削弱 削弱/增强 优于/不如 超过/低于
超越/落后于 高于/低于 低于/高于 更高/更低 更低/更高 更快/更慢 更慢/更快 更强/更弱 更好/更差 更多/更少 更少/更多
更大/更小 更小/更大 更长/更短 更短/更长 改善/恶化 加速/减慢 加快/减慢 之前/之后 之后/之前 内部/外部 外部/内部
显式/隐式 隐式/显式 离线/在线 在线/离线 静态/动态 动态/静态 全局/局部 局部/全局 稀疏/稠密 稠密/稀疏 监督/无监督
无监督/有监督 训练/推理 推理/训练 正/负 编码器/解码器 解码器/编码器 并行/串行 串行/并行 离散/连续 连续/离散
简单/复杂 复杂/简单 粗粒度/细粒度 细粒度/粗粒度 冻结/训练 相关/无关 无关/相关 已知/未知 未知/已知 输入/输出
输出/输入 教师/学生 学生/教师 最大/最小 最小/最大 最大化/最小化 最小化/最大化 最优/最差 最佳/最差 线性/非线性
非线性/线性 短/长 长/短 强/弱 弱/强 大/小 小/大 高/低 低/高 多/少 早期/后期 后期/早期 保留/丢弃 保持/破坏 加入/去掉
添加/删除 移除/保留 正确/错误 错误/正确 开源/闭源 人工/自动 自动/人工 显著/轻微 轻微/显著 单个/多个 多个/单个 单一/多种
固定/自适应 自适应/固定 共享/独立 独立/共享 浅层/深层 深层/浅层 成功/失败 失败/成功 安全/不安全 有害/无害 真实/合成
合成/真实 预训练/微调 微调/预训练 视觉/文本 文本/视觉 图像/文本 鼓励/惩罚 惩罚/奖励 奖励/惩罚 压缩/扩展 均匀/不均匀
一致/不一致 相同/不同 不同/相同 同步/异步 异步/同步 自回归/非自回归 可见/不可见 首次/再次 首先/最后 最后/首先 缩小/扩大
扩大/缩小 减轻/加重 缓解/加剧 抑制/增强 充足/不足 不足/充足 有限/无限 稳定/不稳定 不稳定/稳定 对称/非对称
"""
_DENIED_EN = """
is/is~not are/are~not was/was~not were/were~not can/cannot does/does~not do/do~not has/has~not have/have~not
will/will~not could/could~not may/may~not should/should~not cannot/can not/ never/ without/with
requires/does~not~require require/do~not~require needs/does~not~need need/do~not~need
uses/does~not~use use/do~not~use relies/does~not~rely
improves/does~not~improve reduces/does~not~reduce allows/does~not~allow enables/does~not~enable keeps/does~not~keep
outperforms/does~not~outperform outperform/do~not~outperform works/does~not~work generalizes/does~not~generalize
generalises/does~not~generalise provides/does~not~provide depends/does~not~depend supports/does~not~support
learns/does~not~learn applies/does~not~apply trains/does~not~train generates/does~not~generate adds/does~not~add
shows/does~not~show holds/does~not~hold transfers/does~not~transfer helps/does~not~help remains/does~not~remain
unable/able no/a nor/and neither/both nothing/much none/all few/many little/much
"""
_DENIED_ZH = """
无需/需要 无须/必须 不需要/需要 能够/无法 可以/无法 能/不能 会/不会 可/不可 没有/有 并非/正是 未/已 不/ 无/有 无法/能够
难以/可以 优于/并不优于 提升/并未提升 使用/不使用 采用/不采用 依赖/不依赖 引入/没有引入 需要/不需要 需/无需
有效/无效 支持/不支持 利用/不利用 具有/不具有 存在/不存在 适用/不适用 达到/未能达到 证明/未能证明 实现/未能实现
必须/无需 缺乏/具备 忽视/重视 忽略/考虑 避免/导致 防止/引起 消除/带来
"""
_MORE_EN = """
some/all many/all several/all most/all various/all multiple/all often/always usually/always typically/always
generally/always sometimes/always can/always may/will might/will nearly/completely almost/completely
roughly/exactly about/exactly suggests/proves suggest/prove indicates/proves indicate/prove reduces/eliminates
reduce/eliminate reducing/eliminating mitigates/eliminates mitigate/eliminate mitigating/eliminating
alleviates/eliminates alleviate/eliminate helps/guarantees comparable/superior competitive/superior
largely/entirely mostly/entirely partly/entirely substantially/completely improves/perfects
"""
_MORE_ZH = """
部分/所有 多个/所有 多种/所有 多数/所有 大多/全部 大多数/所有 一些/所有 若干/所有 往往/总是 常/总是 常常/总是 通常/始终
平均/一律 最多/至少 最高/至少 约/恰好 近/超过 接近/超过 可能/必然 有望/必将 降低/消除 减少/消除 缓解/彻底消除
减轻/彻底消除
抑制/完全消除 相当/明显更好 媲美/明显优于 显著/完全 有助于/保证 表明/严格证明 主要/完全 基本/完全 几乎/完全
"""
_LESS_EN = "all/most every/almost~every always/usually never/rarely completely/largely entirely/largely fully/largely"
_LESS_ZH = "所有/多数 全部/大部分 总是/通常 始终/通常 完全/基本 各种/多种 彻底/基本"

Pairs = dict[str, str]


def _pairs(written: str) -> Pairs:
    return {one: other.replace("~", " ") for one, other in (pair.split("/") for pair in written.split())}


TURNED = {"en": _pairs(_ENGLISH), "zh": _pairs(_CHINESE)}
DENIED = {"en": _pairs(_DENIED_EN), "zh": _pairs(_DENIED_ZH)}
MORE = {"en": _pairs(_MORE_EN), "zh": _pairs(_MORE_ZH)}
LESS = {"en": _pairs(_LESS_EN), "zh": _pairs(_LESS_ZH)}
PHRASES_MORE = {
    "en": [
        (re.compile(r"\bup to\b"), "at least"),
        (re.compile(r"\bon average\b"), "in every case"),
        (re.compile(r"\bat least\b"), "exactly"),
        (re.compile(r"\bmore than\b"), "exactly"),
        (re.compile(r"\bover (?=\d)"), "exactly "),
        (re.compile(r"\bone of the\b"), "the"),
        (re.compile(r"\bfewer than\b"), "exactly"),
    ],
    "zh": [(re.compile("最[多高]可?"), "每次都"), (re.compile("平均"), "在每个任务上都"), (re.compile("之一"), "")],
}
ADDED_MORE = {
    "en": [
        ", on every benchmark tested",
        ", without any loss of quality",
        ", regardless of model size",
        " in all settings",
        ", and it is the first method to do so",
        ", and no other method comes close",
        ", for any model and any task",
    ],
    "zh": [
        ",且在所有基准上都如此",
        ",没有任何性能损失",
        ",对任何规模的模型都有效",
        ",是首个做到这一点的方法",
        ",其他方法都无法接近",
        ",在任何场景下都成立",
    ],
}
