"""Small talk: greetings, thanks, and questions about the assistant itself."""

import re

_GREETING = (
    r"hi|hey|hello|yo|hiya|howdy|greetings|good\s+(?:morning|afternoon|evening|day|night)|thanks?(?:\s+(?:you|a\s+lot|so\s+much|very\s+much))*|"
    r"thank\s+you(?:\s+(?:so|very)\s+much)?|thx|cheers|bye(?:\s*bye)?|goodbye|see\s+you(?:\s+later)?|ok(?:ay)?|great|nice|cool|perfect|"
    r"awesome|test(?:ing)?|there|again|everyone|all|friend|assistant|that\s+(?:helped|helps)(?:\s+a\s+lot)?|got\s+it|"
    r"who\s+are\s+you|how\s+are\s+you(?:\s+(?:doing|today))?|what(?:'s|\s+is)\s+your\s+name|are\s+you\s+(?:there|a\s+(?:bot|robot|human))|"
    r"what\s+(?:can|do)\s+you\s+do|what\s+can\s+i\s+ask(?:\s+you)?|how\s+(?:do\s+you\s+work|can\s+you\s+help(?:\s+me)?|do\s+i\s+use\s+(?:this|you))|"
    r"can\s+you\s+help(?:\s+me)?|help(?:\s+me)?|what\s+are\s+you|nice\s+to\s+meet\s+you|please"
)
_GREETING_ZH = (
    r"你好|您好|嗨|哈喽|早上好|上午好|中午好|下午好|晚上好|早安|晚安|谢谢|多谢|感谢|辛苦了?|再见|拜拜|好的|明白了?|知道了?|太好了|不错|"
    r"在吗|在不在|你是谁|你叫什么(?:名字)?|你(?:能|会|可以)(?:做|干|帮我?做)(?:些|点)?什么|你有什么用|怎么用|(?:我)?能问(?:你)?(?:些)?什么|"
    r"你是(?:什么|机器人)|帮助|帮帮我|你们?|您|啊|呀|了|吗|呢|吧|哦|嘿"
)
_CHAT = re.compile(
    rf"(?:(?:(?:{_GREETING})(?![\w'])|(?:{_GREETING_ZH}))[\s,，.。!！?？~～:;、-]*){{1,6}}", re.IGNORECASE
)


def is_small_talk(question: str) -> bool:
    """Whether a question greets, thanks or asks what the assistant is for, and nothing more."""
    return len(question) <= 80 and _CHAT.fullmatch(question.strip()) is not None
