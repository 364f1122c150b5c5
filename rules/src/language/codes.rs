//! Every code with an explanation in both languages: what the documentation and `check --explain` show.

use super::source::Language;

/// One code that a diagnostic can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// `S001`…
    pub code: &'static str,
    title: [&'static str; 2],
    explanation: [&'static str; 2],
}

impl Code {
    pub(super) const fn new(code: &'static str, title: [&'static str; 2], explanation: [&'static str; 2]) -> Self {
        Self { code, title, explanation }
    }

    /// What it is about, in a few words.
    pub const fn title(&self, language: Language) -> &'static str {
        choose(self.title, language)
    }

    /// What it means and what to do, in a paragraph.
    pub const fn explanation(&self, language: Language) -> &'static str {
        choose(self.explanation, language)
    }

    /// Its page in the documentation, in both languages: Markdown.
    pub fn page(&self) -> String {
        let [english, chinese] =
            [Language::English, Language::Chinese].map(|language| (self.title(language), self.explanation(language)));
        format!("# {}: {}\n\n{}\n\n# {}：{}\n\n{}\n", self.code, english.0, english.1, self.code, chinese.0, chinese.1)
    }
}

const fn choose([english, chinese]: [&'static str; 2], language: Language) -> &'static str {
    match language {
        Language::English => english,
        Language::Chinese => chinese,
    }
}

/// All codes, in order.
pub const fn codes() -> &'static [Code] {
    &CODES
}

const fn code(code: &'static str, title: [&'static str; 2], explanation: [&'static str; 2]) -> Code {
    Code { code, title, explanation }
}

static CODES: [Code; 73] = [
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
            "Tabs look different in every editor, so they cannot indent. Use two spaces for each step.",
            "制表符在不同编辑器里宽度不同，不能用来缩进。请每级用两个空格。",
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
        "S030",
        ["Length of time", "时长"],
        [
            "A length of time is a number and a unit: 30s, 10m, 48h, 7d, 2w, also in a row (1h30m) and in \
             Chinese. Offers may wait up to 7 days; caps count over a minute to 180 days.",
            "时长是数字加单位，30秒、10分钟、48小时、7天、2周，可以连写(1小时30分钟)。消息时效最长 7 天，频次的周\
             期为 1 分钟到 180 天。",
        ],
    ),
    code(
        "S031",
        ["Cap", "频次"],
        [
            "A cap says how many in which time: 1 per 30d, 3 per week, 每30天1次. At most 1000.",
            "频次要写明多长时间内几次，每30天1次、每周3次、1 per 30d。最多 1000 次。",
        ],
    ),
    code(
        "S032",
        ["Percentage", "百分比"],
        [
            "A share of subscribers is a percentage with its sign, at most two decimals.",
            "用户的比例写成百分比，带百分号，最多两位小数。",
        ],
    ),
    code(
        "S033",
        ["Dates", "日期"],
        [
            "Validity is the first and the last day, or one day: 2009-07-01..2009-08-31. Days must exist in the \
             calendar.",
            "有效期写第一天和最后一天，或只写一天，2009-07-01..2009-08-31。日期必须真实存在。",
        ],
    ),
    code(
        "S034",
        ["Time of day", "时刻"],
        [
            "Times of day are hours and minutes (09:00); a span has two different ones (21:00..09:00 goes over \
             midnight).",
            "时刻写时和分(09:00)，时段写两个不同的时刻(21:00..09:00 表示跨过午夜)。",
        ],
    ),
    code(
        "S035",
        ["Day of the week", "星期"],
        ["Days of the week are names, ranges, workdays or weekend.", "星期可以写周一、周一至周五、工作日、周末。"],
    ),
    code(
        "S036",
        ["Number", "号码"],
        [
            "A number has digits, `*`, `#` and a leading `+`; a `*` at its end means all numbers that begin so.",
            "号码由数字、`*`、`#` 和开头的 `+` 组成，末尾的 `*` 表示所有以此开头的号码。",
        ],
    ),
    code(
        "S037",
        ["Whole number", "整数"],
        [
            "The value is not a whole number, or not within the bounds that the message names.",
            "内容不是整数，或超出提示中的范围。",
        ],
    ),
    code(
        "S038",
        ["Not a possible value", "不在可选范围内"],
        ["The field takes one of few values, in either language.", "这一项只能从几个固定内容中选一个，中英文均可。"],
    ),
    code(
        "S039",
        ["Name", "名字"],
        [
            "The name of a scenario appears in reports and file names: letters of any script, digits, `-`, `_` \
             and `.`, at most 64.",
            "场景的名字会出现在报表和文件名中，可用文字、数字、`-`、`_`、`.`，最多 64 个字。",
        ],
    ),
    code(
        "S040",
        ["Network", "网络代码"],
        [
            "A network is its country code and network code, five or six digits: 46000 or 460-00.",
            "网络由国家码和网络码组成，五位或六位数字，46000 或 460-00。",
        ],
    ),
    code(
        "S041",
        ["Time zone", "时区"],
        [
            "Time zones are named as in the IANA database (Asia/Shanghai), as 北京时间, or as an offset (+08:00).",
            "时区写 IANA 名称(Asia/Shanghai)、北京时间，或时差(+08:00)。",
        ],
    ),
    code(
        "S042",
        ["Number of steps", "步骤数"],
        [
            "A sequence has two to eight steps; `all` and `any` name up to eight events; a whole pattern up to 32.",
            "序列要有 2 到 8 个步骤，「同时满足」和「任一」最多 8 个事件，整个条件最多 32 个事件。",
        ],
    ),
    code(
        "S043",
        ["Nothing but not", "只有「非」"],
        [
            "What must not have happened is only judged when something happens. Add the event at which to judge.",
            "「非」要在某个事件发生时才判断。请加上这个事件。",
        ],
    ),
    code(
        "S044",
        ["Never in time", "时间不够"],
        [
            "So many occurrences with such a gap between them take longer than the time within which they are to \
             happen.",
            "按所写的间隔，这么多次不可能在时限内发生。",
        ],
    ),
    code(
        "S045",
        ["Host or access point", "网站或接入点"],
        [
            "A host is the name of a web site, and stands for all below it; an access point is what the phone connects to \
             (cmwap, cmnet). Pages of a site cannot be told apart.",
            "网站写域名，包含其下所有子域名；接入点是手机上网的入口(cmwap、cmnet)。同一网站的不同页面无法区分。",
        ],
    ),
    code(
        "S046",
        ["Address of a page", "网页地址"],
        [
            "A pushed address begins with http:// or https://, has no spaces and no letters of other scripts, and at most \
             255 characters.",
            "推送的网址以 http:// 或 https:// 开头，不含空格和汉字，最多 255 个字符。",
        ],
    ),
    code(
        "S047",
        ["Beginning of an IMSI", "IMSI 的开头"],
        [
            "Machines are told by the first digits of their IMSI: 1 to 15 digits, with or without a star behind them.",
            "物联网卡按 IMSI 开头的数字识别，1 到 15 位，末尾可以加星号。",
        ],
    ),
    code(
        "S048",
        ["Why a call ended", "通话结束的原因"],
        [
            "A cause is one of normal, busy, no_answer, turned_down, unreachable, wrong_number and congestion, or the number of \
             a cause of 3GPP TS 24.008 §10.5.4.11, from 1 to 127.",
            "原因写正常、占线、无人接听、拒接、无法接通、空号、网络忙之一，或 3GPP TS 24.008 §10.5.4.11 的原因值，1 到 127。",
        ],
    ),
    code(
        "S049",
        ["Money", "金额"],
        [
            "An amount is written in digits, in the operator's currency, with at most four decimals: 500, 0.05, 5,000元.",
            "金额用数字写，单位为本网的货币，最多四位小数，500、0.05、5,000元。",
        ],
    ),
    code(
        "S050",
        ["Name used twice", "同名场景"],
        [
            "Two scenarios have one name. The name identifies offers in caps, reports and journals; both places \
             are shown.",
            "两个场景同名。名字用来在频次、报表和日志中区分场景，两处位置都会显示。",
        ],
    ),
    code(
        "S051",
        ["Unknown area", "未知区域"],
        [
            "No file in `areas` has this name. An area is a CSV file with the columns lac and ci.",
            "`areas` 里没有这个名字的文件。区域是含有 lac、ci 两列的 CSV 文件。",
        ],
    ),
    code(
        "S052",
        ["Unknown list", "未知名单"],
        [
            "No file in `lists` has this name. Targets are CSV files with a column imsi or msisdn, handsets with \
             a column tac.",
            "`lists` 里没有这个名字的文件。目标名单的 CSV 要有 imsi 或 msisdn 列，终端名单要有 tac 列。",
        ],
    ),
    code(
        "S053",
        ["List with mistakes", "名单有错"],
        [
            "A CSV file that a scenario names cannot be used. The message names the line.",
            "场景用到的 CSV 文件有错，无法使用。提示中会指出行号。",
        ],
    ),
    code(
        "S054",
        ["Empty list", "空名单"],
        [
            "An area or list that a scenario names holds nothing, so the scenario could never do anything, or \
             would leave nobody out.",
            "场景用到的区域或名单是空的，场景不会起作用，或排除不了任何人。",
        ],
    ),
    code(
        "S055",
        ["Ends before it begins", "结束早于开始"],
        ["The last day of validity is before the first.", "有效期的最后一天早于第一天。"],
    ),
    code(
        "S056",
        ["Nothing can be sent", "一条也发不出"],
        [
            "A total or cap of zero, or a control group of everybody: the scenario could never send anything.",
            "总量或频次为零，或对照组为全部用户，这样一条也发不出去。",
        ],
    ),
    code(
        "S057",
        ["No time zone", "没有时区"],
        [
            "Dates, weekdays and times of day mean nothing without a time zone. They never fail open: the policy \
             must name one.",
            "没有时区，日期、星期和时刻就没有确定的含义。为避免在错误的时间发送，策略里必须写明时区。",
        ],
    ),
    code("S058", ["Empty text", "内容为空"], ["The text to send is empty.", "要发送的短信内容是空的。"]),
    code(
        "S059",
        ["Control character", "控制字符"],
        [
            "The text holds an invisible control character, often brought in by pasting. Phones show it in \
             unpredictable ways.",
            "短信内容里有看不见的控制字符，常由粘贴带入，手机上的显示无法预料。",
        ],
    ),
    code(
        "S060",
        ["Text too long", "内容过长"],
        ["The text would need more than ten short messages.", "内容要拆成十条以上的短信。"],
    ),
    code(
        "S061",
        ["No way to refuse", "没有退订方式"],
        [
            "Every commercial message must say how to refuse further ones (for instance 退订回复TD).",
            "每条营销短信都必须写明退订方式(例如「退订回复TD」)。",
        ],
    ),
    code(
        "S062",
        ["Emergency number", "紧急号码"],
        [
            "Nobody is advertised to for calling 110, 112, 119, 120 or 122, nor by a prefix that covers one of \
             them. Service messages may be.",
            "不得因用户拨打 110、112、119、120、122 而对其营销，号码前缀也不得包含这些号码。服务类消息不受此限。",
        ],
    ),
    code(
        "S063",
        ["Uses the location", "用到位置"],
        [
            "Advertising on entering or leaving an area uses the subscriber's location and needs consent to \
             that: its purpose is location.",
            "进入或离开区域触发的营销用到了用户位置，需要位置营销的同意，用途应写位置。",
        ],
    ),
    code(
        "S064",
        ["No policy", "没有策略"],
        [
            "The set has advertising but no policy.yaml: quiet hours and caps over all scenarios do not hold.",
            "场景中有营销内容，但没有 policy.yaml，静默时段和总频次上限都不生效。",
        ],
    ),
    code(
        "S065",
        ["Our own message", "自己下发的短信"],
        [
            "The trigger waits for a message from a number from which we send (senders in the policy). Our own messages come \
             back on the interface and never trigger, or one offer would lead to the next.",
            "触发条件等待的短信来自我们自己的发送号码(策略里的「发送号码」)。自己下发的短信会在接口上再次出现，不会触发\
             场景，否则会循环发送。",
        ],
    ),
    code(
        "S066",
        ["Cap beyond memory", "频次超过记忆"],
        [
            "A cap counts offers further back than a subscriber is remembered, so that it could not hold.",
            "频次的周期比用户档案的保留时间还长，无法做到。",
        ],
    ),
    code(
        "S067",
        ["Not proven", "无法证明"],
        [
            "A refused attempt does not prove who made it. Advertising must not go to somebody who may never have been there.",
            "被网络拒绝的尝试不能证明是谁发起的，不得据此营销，以免打扰无关的人。",
        ],
    ),
    code(
        "S068",
        ["Not on these interfaces", "接口上看不到"],
        [
            "Nothing on the A and Gb interfaces shows a subscriber who leaves for another network: that is signalled by MAP, \
             between the other network and the home register. A scenario that waits for it would never send anything, and look \
             as if all were well. Who comes back can be seen.",
            "用户漫出到别的网络，A 口和 Gb 口上没有任何信令，只有对方网络与归属寄存器之间的 MAP 才有。等待漫出的场景永远发不出\
             任何内容，看起来却一切正常。漫回是看得到的。",
        ],
    ),
    code(
        "S069",
        ["Shares of variants", "各组占比"],
        [
            "Each subscriber gets exactly one variant, so that the shares of all of them are 100% together. Where none says a \
             share, they are equal.",
            "每个用户只属于一个组，所以各组占比之和必须是 100%。都不写占比时平分。",
        ],
    ),
    code(
        "S070",
        ["Unknown variable", "未知变量"],
        [
            "What stands in braces in a text is filled in for each subscriber: {area} where the scenario names an area, \
             {device} where it names handsets, and columns of the subscriber file that the policy lists under tags. \
             {brand|customer} says what stands there where nothing is known; without it such people are not sent the text.",
            "内容里大括号中的名字会按用户填入：场景写了区域时可用 {区域}，写了终端名单时可用 {终端}，还有策略「标签」里\
             列出的用户文件的列。{brand|客户} 表示没有值时填「客户」；不写则没有值的用户不发。",
        ],
    ),
    code(
        "S071",
        ["Longer than it seems", "填入后变长"],
        [
            "With the longest values filled in, the text takes more short messages than without. Each part is paid for. Up \
             to 70 characters fit into one, 67 into each of several; a value takes at most 20.",
            "填入最长的变量后，内容要多拆成几条短信，每条都要计费。一条最多 70 个字，拆分时每条 67 个字；每个变量最多 \
             20 个字。",
        ],
    ),
    code(
        "S072",
        ["Template without different names", "模板名称相同"],
        [
            "Each row of a template makes a scenario of its own, and scenarios need different names: put a column into the \
             name.",
            "模板的每一行生成一个场景，场景不能同名，名称里要用到一列。",
        ],
    ),
    code(
        "S073",
        ["Budget without price", "有预算没有单价"],
        [
            "What offers cost is the price of a short message times the parts that their texts take. The policy says the price.",
            "费用等于每条短信的单价乘以内容拆分的条数，单价写在策略里。",
        ],
    ),
    code(
        "S074",
        ["Unknown segment", "未知分群"],
        [
            "A segment is a named part of the subscribers, described once in the policy by lists, tags, home or handsets, so \
             that many scenarios can name it.",
            "分群是给一部分用户起的名字，在策略里用名单、标签、归属或终端描述一次，许多场景就可以直接引用。",
        ],
    ),
    code(
        "S080",
        ["Never seen", "信令里看不到"],
        [
            "`check --feed` was told which signalling there is, and it never shows this event. A scenario that needs it would \
             never send anything; one that rules it out would leave nobody out. docs/feeds.md has the table of what each feed \
             shows.",
            "`check --feed` 给出了接入的信令，而这个事件在其中看不到。需要它的场景一条也发不出；用它排除用户的场景一个也排除\
             不了。各种信令看得到什么，见 docs/feeds.md。",
        ],
    ),
    code(
        "S081",
        ["Not always seen", "不一定看得到"],
        [
            "The signalling shows this event, but not of everybody or not always; the message says on what it depends. Expect \
             fewer offers than there are people who did it.",
            "信令能看到这个事件，但不是每个用户、每一次都看得到，提示中说明了前提。实际发送的人数会少于真正做了这件事的人数。",
        ],
    ),
    code(
        "S082",
        ["Two areas of one name", "同名区域"],
        [
            "Two files in `areas` have the same name but for their ending: a list of cells and a drawing, for instance. Which one \
             a scenario means must not be a guess: keep one, or rename it.",
            "`areas` 里有两个文件除扩展名外同名，例如一个是小区清单，一个是地图。为避免用错，请只保留一个，或改个名字。",
        ],
    ),
];
