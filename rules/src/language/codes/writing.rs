//! What can be wrong with a file as such, and with how it is written.

use super::{Code, code};

pub(super) static CODES: [Code; 26] = [
    code(
        "S001",
        ["Unreadable file or folder", "无法读取"],
        [
            "A file or the folder itself does not exist or may not be read. Check the path that was given, and \
             the rights on the files.",
            "文件或文件夹不存在，或没有读取权限。请检查所给的路径和文件的权限。",
        ],
    ),
    code(
        "S002",
        ["Not UTF-8", "编码不是 UTF-8"],
        [
            "Scenario files are UTF-8 text. Windows editors often save GBK (called ANSI) or UTF-16 (called \
             Unicode): choose Save as and the encoding UTF-8. A byte order mark does no harm.",
            "场景文件必须是 UTF-8 编码。Windows 上的编辑器常常保存成 GBK(叫 ANSI)或 UTF-16(叫 Unicode)，请另存为 \
             UTF-8。带不带 BOM 都可以。",
        ],
    ),
    code(
        "S003",
        ["Too large", "过大"],
        [
            "A file is larger than 1 MB, holds more than 20,000 values, is nested more than 16 deep, or a folder \
             holds more than 20,000 files. One file holds one scenario; long lists go into CSV files.",
            "文件超过 1 MB、内容项超过 20000 个、嵌套超过 16 层，或文件夹里的文件超过 20000 个。一个文件只写一个\
             场景，较长的名单请放进 CSV 文件。",
        ],
    ),
    code(
        "S004",
        ["Empty file", "空文件"],
        [
            "The file holds nothing but comments. Write a scenario into it, or delete it.",
            "文件里没有内容或只有注释。请写入一个场景，或删除该文件。",
        ],
    ),
    code(
        "S005",
        ["Several forms in one file", "一个文件里有多份表单"],
        [
            "A line of three dashes begins another form. One file holds one scenario.",
            "单独一行的三个短横线会开始另一份表单。一个文件只能写一个场景。",
        ],
    ),
    code(
        "S006",
        ["No scenarios", "没有场景"],
        [
            "The folder holds no scenario file. Scenarios are the files ending in .yaml or .yml in it or in its \
             folder `scenarios`.",
            "文件夹里没有场景文件。场景是放在该文件夹或其中 `scenarios` 文件夹里、以 .yaml 或 .yml 结尾的文件。",
        ],
    ),
    code(
        "S007",
        ["Two policies", "两个策略文件"],
        [
            "There are both policy.yaml and policy.yml. Which one holds must not be a guess: keep one.",
            "policy.yaml 和 policy.yml 同时存在，无法判断以哪个为准。请只保留一个。",
        ],
    ),
    code(
        "S008",
        ["Further findings", "还有其他问题"],
        [
            "Of one file at most 100 findings are shown. Mend those and check again.",
            "每个文件最多显示 100 处问题。请先改正，再检查一次。",
        ],
    ),
    code(
        "S010",
        ["Full-width colon", "全角冒号"],
        [
            "The key is followed by the full-width colon of a Chinese input method. A form needs a half-width \
             colon and a space.",
            "名称后面用了中文输入法的全角冒号。请改用半角冒号加一个空格。",
        ],
    ),
    code(
        "S011",
        ["Full-width character", "全角字符"],
        [
            "A comma, bracket, percent sign or digit is the full-width one of a Chinese input method. In texts \
             of messages they are welcome, but not where the form has its own punctuation.",
            "逗号、括号、百分号或数字用了中文输入法的全角字符。短信内容里可以用，表单自身的标点必须是半角。",
        ],
    ),
    code(
        "S012",
        ["Curly quotes", "中文引号"],
        [
            "Curly quotes do not quote a text for the form. Use straight ones around the text.",
            "中文引号不能用来括住内容。请在内容两边用英文直引号。",
        ],
    ),
    code(
        "S013",
        ["Tab", "制表符"],
        [
            "Tabs look different in every editor, so they cannot indent. Use two spaces for each step. Cells that are pasted from \
             a spreadsheet have tabs between them too: write them as keys and values, or keep the table as a CSV file in \
             lists or areas.",
            "制表符在不同编辑器里宽度不同，不能用来缩进。请每级用两个空格。从表格粘贴来的单元格之间也是制表符，请改写成\
             「名称: 内容」，或把表格另存为 CSV 放进 lists 或 areas。",
        ],
    ),
    code(
        "S014",
        ["Bracket", "括号"],
        [
            "A bracket is not closed, is closed by another kind, or closes nothing. Often the true reason stands \
             between: a missing comma, or a text that should be in quotes.",
            "括号没有闭合、左右不成对，或多了一个。原因常常在括号中间，例如缺少逗号，或文字没有加引号。",
        ],
    ),
    code(
        "S015",
        ["Quote", "引号"],
        [
            "A quote is not closed, something follows after it, or a backslash in double quotes does not mean \
             anything known.",
            "引号没有闭合、闭合之后又有内容，或双引号里的反斜杠写法有误。",
        ],
    ),
    code(
        "S016",
        ["Indentation", "缩进"],
        [
            "A line does not line up with the lines that it belongs to. Keys that belong together begin in the \
             same column.",
            "这一行与同级的其他行没有对齐。同一级的项目要从同一列开始。",
        ],
    ),
    code(
        "S017",
        ["Colon or space", "冒号或空格"],
        [
            "A line has no colon, no space after its colon, or a second colon in a text without quotes.",
            "这一行缺少冒号、冒号后缺少空格，或没加引号的文字里又有冒号。",
        ],
    ),
    code(
        "S018",
        ["Special beginning", "特殊开头"],
        [
            "A value without quotes begins with a character that means something else to the form, such as `*`, \
             `&`, `!`, `%` or `@`. USSD codes like *100# need quotes. References and tags of YAML are not part \
             of this language.",
            "没加引号的内容以 `*`、`&`、`!`、`%`、`@` 等有特殊含义的字符开头。*100# 这样的 USSD 代码要加引号。本\
             语言不使用 YAML 的引用和标签。",
        ],
    ),
    code(
        "S019",
        ["No form", "不是表单"],
        ["The text is no form of keys and values.", "内容不是「名称: 内容」形式的表单。"],
    ),
    code(
        "S020",
        ["Key given twice", "重复"],
        [
            "The same key stands twice, perhaps once in each language. It would not be clear which holds.",
            "同一项写了两次(中英文各一次也算)，无法判断以哪个为准。",
        ],
    ),
    code(
        "S021",
        ["Unknown key", "未知项"],
        [
            "The form has no such key. If one is spelt almost so, it is suggested.",
            "表单里没有这一项。如果有写法相近的，会给出提示。",
        ],
    ),
    code(
        "S022",
        ["Missing key", "缺少项"],
        ["A key that the form needs is not there.", "缺少表单必需的一项，提示中给出了写法示例。"],
    ),
    code(
        "S023",
        ["Missing value", "缺少内容"],
        ["A key has no value. Write one, or remove the key.", "这一项后面没有内容。请填写，或删掉这一项。"],
    ),
    code(
        "S024",
        ["Wrong shape", "形式不对"],
        [
            "A single value, a list or keys with values stand where another of these is needed.",
            "单个内容、列表、下级项三种形式用错了。",
        ],
    ),
    code(
        "S025",
        ["Only one", "只能选一个"],
        [
            "Keys that exclude each other are given together, or contradict each other. For two triggers write \
             two scenarios.",
            "互相排斥或互相矛盾的项写在了一起。需要两种触发条件时请写两个场景。",
        ],
    ),
    code(
        "S026",
        ["Not available yet", "尚不支持"],
        [
            "The language will know this, but this version does not. It is refused rather than ignored, so that \
             no scenario does something else than it says.",
            "语言将来会支持，但本版本还不支持。为了不让场景做出与所写不同的事，这里直接报错而不是忽略。",
        ],
    ),
    code(
        "S027",
        ["Space that is none", "不是普通空格"],
        [
            "Word processors, web pages and Chinese input methods write spaces that look like ordinary ones, or like nothing at \
             all. A form knows only the one of the space bar, in half-width input.",
            "Word、网页和全角状态的输入法会写出看起来一样、甚至看不见的空格。表单只认半角状态下按空格键输入的空格。",
        ],
    ),
];
