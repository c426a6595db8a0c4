# SPDX-License-Identifier: GPL-3.0-or-later
"""Token ids by Hugging Face `tokenizers` (and `sentencepiece`) for at least 20,000 strings per tokenizer.

usage: tokenizer_golden.py [--clip FILE] [--clip-small FILE] [--wordpiece FILE] [--sentencepiece FILE] OUT

OUT/tokenizer_{clip,clip_small,wordpiece,sentencepiece}.jsonl: one line per string, {"t": string, "ids": [...]}, UTF-8,
special tokens added, neither padded nor truncated. Strings are the same each time: captions with and without typos, every
script, combining marks, emoji sequences, controls, odd spaces, code, very long ones. A missing file is skipped with a
message.
"""
import argparse
import json
import pathlib
import random
import sys
import unicodedata

COUNT = 22_000
WORDS = '''a an the of in on at with and to for from by over under near man woman child boy girl people person dog cat bird
horse cow sheep elephant giraffe zebra bear car bus truck train plane boat bicycle motorcycle skateboard tree flower grass
mountain river lake ocean beach sand snow ice rain cloud sky sunset house building church bridge street park field kitchen
bathroom bedroom office desk computer keyboard phone bread cake pizza sandwich apple orange banana broccoli coffee wine
red green blue yellow black white small large little old young standing sitting lying running jumping flying eating
wearing hat shirt umbrella bag ball bat racket kite surfboard camera book sign clock photo picture close-up view
photograph photographer unbelievably electroencephalography antidisestablishmentarianism'''.split()
CONTRACTIONS = ["it's", "isn't", "don't", "they're", "we've", "I'm", "you'll", "he'd", "IT'S", "ISN'T", "o'clock", "rock'n'roll",
                "dogs'", "'s", "'S", "'ll", "''", "'tis", "y'all'd've", "it’s", "don’t", "ʼn"]
SPACES = [' ', '  ', '\t', '\n', '\r\n', '\u00a0', '\u1680', '\u2003', '\u2009', '\u200a', '\u200b', '\u2028', '\u2029',
          '\u202f', '\u205f', '\u3000', '\ufeff', '\v', '\f', '\x1c', '\x1d', '\x1e', '\x1f', '\x85', '\u180e']
EMOJI = ['😀', '👍🏽', '👩‍👩‍👧‍👦', '🏳️‍🌈', '🇩🇪', '🇯🇵🇫🇷', '❤️', '❤', '☺️', '1️⃣', '#️⃣', '👩🏿‍🚀', '🧑‍💻', '🐕‍🦺', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🫠', '©', '™', '↔', '⌚']
ODD = ['', ' ', '\n', '.', '...', '!?', '?!?!', '---', '—', '“quoted”', '«guillemets»', 'a.b.c', 'e.g.', 'U.S.A.', '3.14', '1,000,000',
       '10:30', '50%', '$5', '€5', '½', '²', 'x²', 'Ⅷ', '①②③', '٣٤٥', '१२३', '〇一二', '<|startoftext|>', '<|endoftext|>', '<|endoftext|>x',
       'a<|startoftext|>b', '[CLS]', '[SEP]', '[MASK]', '[UNK]', '[PAD]', 'a [SEP] b', '[cls]', '##ing', '</w>', '</s>', '<unk>', '<pad>', '▁', 'a▁b',
       'https://example.org/a?b=c&d=e#f', 'user@example.org', 'C:\\Users\\x', '/home/x/y.jpg', 'IMG_20240131_235959.jpg', 'snake_case', 'camelCase',
       'if (a != b) { return &c[0]; }', 'for(int i=0;i<10;++i)', 'SELECT * FROM t WHERE x=\'y\';', '{"a": [1, 2, null]}', '\\u0041', '\x00', 'a\x00b', '\x01\x02',
       '\x07bell', '\x7f', '\x80\x9f', '\ufffd', 'a\ufffdb', '\ufffe', '\uffff', '\U0010ffff', '\ue000', '\U000f0000', '\u00ad', 'soft\u00adhyphen', 'ﬁ ﬂ ﬃ', 'Å Å Å',
       'é é', 'İstanbul', 'ISTANBUL ıstanbul', 'ß ẞ', 'ΣΑΣ ΟΔΟΣ ς σ', 'ǅ ǆ Ǆ', 'ŉ', 'ΐ', 'Ά Ὰ', '\u0345', 'K (kelvin)', 'Ω (ohm)', '가 각 힣', '가 각',
       '\u1100\u1161\u11a8', 'ก็', 'ด้วย', 'नमस्ते', 'க்ஷ', 'שָׁלוֹם', 'مرحبا', 'مَرْحَبًا', '\u202eright to left\u202c', '日本語のテスト', '東京タワー', '中文测试', '𠀀𠀁', '龍龙竜',
       'カタカナ', 'ｶﾀｶﾅ', 'ＦＵＬＬ　ｗｉｄｔｈ', 'が', 'が', 'Привет', 'Ёлка', 'й', 'й', 'Ελληνικά', 'ქართული', 'Ꭰ ꭰ', 'ᏸ Ᏸ', 'Ა ა', 'ⰀⰁ', '𐐀 𐐨', '𝐇𝐞𝐥𝐥𝐨', '𞤀',
       'a\u0301\u0302\u0303\u0304\u0305', 'q\u0307\u0323', 'q\u0323\u0307', '\u0301', ' \u0301a', 'z\u0334\u0335\u0336\u0337\u0338', 'n\u0303', '\u212b', '\u2126', '\u1e9b\u0323', '\ufb1d', '\u0958', '\u2adc', '\U0001d15e', '\uf900', '\ufa30',
       'à la carte', 'naïve café', 'São Paulo', 'Zürich', 'Łódź', 'đường', 'Ðuro Þór', 'æ œ Æ Œ', 'ĳ Ĳ', 'x' * 100, 'x' * 101, 'x' * 500, 'ab' * 60, '1' * 200, '!' * 300, ' ' * 300, '\u0301' * 50]


def assigned(low, high):
    return [chr(c) for c in range(low, high) if not 0xD800 <= c < 0xE000 and unicodedata.category(chr(c)) not in ('Cn', 'Cs')]


def misspell(r, word):
    if len(word) < 3:
        return word
    at = r.randrange(len(word) - 1)
    return r.choice([word[:at] + word[at + 1:], word[:at] + word[at + 1] + word[at] + word[at + 2:], word[:at] + word[at] + word[at:],
                     word[:at] + r.choice('abcdefghijklmnopqrstuvwxyz') + word[at + 1:]])


def strings(count=COUNT, seed=20):
    r = random.Random(seed)
    blocks = [b for b in (assigned(low, low + 128) for low in [*range(0, 0x3400, 128), *range(0xA000, 0xAC00, 128), *range(0xF900, 0x10000, 128),
              *range(0x10000, 0x12000, 256), *range(0x1D000, 0x1E000, 256), *range(0x1E800, 0x1FC00, 256)]) if b]
    blocks += [assigned(0x4E00, 0x9FFF), assigned(0xAC00, 0xD7A4), assigned(0x3400, 0x4DC0), assigned(0x1100, 0x1200), assigned(0x20000, 0x2A6DF)]
    marks = [chr(c) for c in range(0x20, 0x11000) if unicodedata.category(chr(c)) in ('Mn', 'Mc', 'Me')]
    ascii_marks = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
    out = [*ODD, *CONTRACTIONS, *EMOJI, *SPACES, *(a + s + b for s in SPACES for a, b in (('a', 'b'), ('', 'x'), ('x', ''), ('日', '本')))]
    # every character of the first planes with scripts, between letters of another kind
    out += [chr(c) for c in range(0x0, 0x600)]
    # 10,000 characters long
    long = ' '.join(r.choice(WORDS) for _ in range(3000))[:10_000]
    out += [long, 'é' * 10_000, '日本' * 5_000, ('a1!' * 3_334)[:10_000], '😀' * 2_500, ' ' * 9_999 + 'x', ''.join(r.choice(ascii_marks) for _ in range(10_000))]

    def caption():
        words = [r.choice(WORDS) for _ in range(r.randint(1, 14))]
        if r.random() < 0.4:
            words = [misspell(r, w) if r.random() < 0.3 else w for w in words]
        if r.random() < 0.3:
            words.insert(r.randrange(len(words) + 1), r.choice(CONTRACTIONS))
        if r.random() < 0.2:
            words.insert(r.randrange(len(words) + 1), str(r.choice([r.randint(0, 9), r.randint(10, 99), r.randint(1900, 2030), r.randint(0, 10 ** 9)])))
        text = (r.choice(SPACES[:4]) if r.random() < 0.1 else ' ').join(words)
        text = r.choice([str, str.upper, str.title, str.capitalize])(text)
        return text + r.choice(['', '', '.', '!', '?', '...', ' .', ','])

    def script():
        block = r.choice(blocks)
        return ''.join(r.choice(block) if r.random() < 0.9 else r.choice([' ', *SPACES[:3], r.choice(marks)]) for _ in range(r.randint(1, 24)))

    def mixed():
        return ''.join(r.choice([lambda: r.choice(WORDS), lambda: r.choice(r.choice(blocks)), lambda: r.choice(SPACES), lambda: r.choice(EMOJI),
                                 lambda: r.choice(ascii_marks), lambda: r.choice(CONTRACTIONS), lambda: str(r.randint(0, 5000)),
                                 lambda: r.choice('aeiounAEIOUN') + ''.join(r.choice(marks) for _ in range(r.randint(1, 3)))])()
                       for _ in range(r.randint(2, 10)))

    def code():
        return ''.join(r.choice([r.choice(WORDS), r.choice(ascii_marks), str(r.randint(0, 999)), ' ', '_', '\t', '==', '->', '::', '//'])
                       for _ in range(r.randint(3, 20)))

    kinds = [caption] * 5 + [script] * 6 + [mixed] * 4 + [code]
    seen = dict.fromkeys(out)
    while len(seen) < count:
        seen.setdefault(r.choice(kinds)())
    return list(seen)


def huggingface(path):
    from tokenizers import Tokenizer
    t = Tokenizer.from_file(str(path))
    t.no_padding()
    t.no_truncation()
    return lambda texts: [e.ids for e in t.encode_batch(texts)]


def sentencepiece(path):
    import sentencepiece as spm
    p = spm.SentencePieceProcessor(model_file=str(path))
    return lambda texts: [p.encode(x) + [p.eos_id()] for x in texts]


def main():
    parser = argparse.ArgumentParser()
    for name in ('clip', 'clip-small', 'wordpiece', 'sentencepiece'):
        parser.add_argument('--' + name, type=pathlib.Path)
    parser.add_argument('out', type=pathlib.Path)
    a = parser.parse_args()
    texts = strings()
    for name in ('clip', 'clip_small', 'wordpiece', 'sentencepiece'):
        path = getattr(a, name)
        if path is None or not path.exists():
            print(f'tokenizer_{name}.jsonl: skipped, there is no {path}')
            continue
        ids = (sentencepiece if name == 'sentencepiece' else huggingface)(path)(texts)
        with open(a.out / f'tokenizer_{name}.jsonl', 'w', encoding='utf-8', newline='\n') as f:
            for text, row in zip(texts, ids):
                f.write(json.dumps({'t': text, 'ids': row}, ensure_ascii=False, separators=(',', ':')) + '\n')
        print(f'tokenizer_{name}.jsonl: {len(texts)} strings, {sum(map(len, ids))} ids')


if __name__ == '__main__':
    sys.exit(main())
