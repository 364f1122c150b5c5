//! What can be wrong with one value.

use super::{Code, code};

pub(super) static CODES: [Code; 20] = [
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
            "The name of a scenario, a variant, a campaign or a channel appears in reports and file names: letters of any \
             script, digits, `-`, `_` and `.`, at most 64.",
            "场景、分组、活动、渠道的名字会出现在报表和文件名中，可用文字、数字、`-`、`_`、`.`，最多 64 个字。",
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
];
