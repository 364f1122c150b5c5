//! 用中文说明哪里不对、应当怎样改 (what is wrong and what to do, in Chinese).

use std::io::ErrorKind;

use super::problem::{Encoding, Limit, ListKind, Part, Problem, Shape};
use super::source::Language;
use super::words::Word;

/// What is wrong, and what to do about it.
pub(super) fn say(problem: &Problem) -> (String, Option<String>) {
    let said = [file, layout, key, value, meaning].into_iter().find_map(|part| part(problem));
    let (message, help) = said.unwrap_or_default();
    (message, (!help.is_empty()).then_some(help))
}

fn file(problem: &Problem) -> Option<(String, String)> {
    Some(match problem {
        Problem::Unreadable { reason: ErrorKind::NotFound } => {
            ("找不到这个文件或文件夹".into(), "请检查路径；该文件夹里应有 `scenarios` 和 `policy.yaml`".into())
        }
        Problem::Unreadable { reason: ErrorKind::PermissionDenied } => {
            ("没有权限读取这个文件".into(), "请申请读取权限".into())
        }
        Problem::Unreadable { .. } => ("这里无法读取".into(), "请确认它是存放场景文件的文件夹".into()),
        Problem::Encoding { encoding: Encoding::Utf16 } => {
            ("文件保存成了 Unicode（UTF-16），而不是 UTF-8".into(), "请在编辑器中另存为，编码选 UTF-8".into())
        }
        Problem::Encoding { encoding: Encoding::Document } => {
            ("这是 Excel 或 Word 文件，不是文本文件".into(), "请用文本编辑器书写，保存为纯文本，编码选 UTF-8".into())
        }
        Problem::Encoding { .. } => {
            ("文件不是 UTF-8 编码".into(), "请在编辑器中另存为，编码选 UTF-8（现在多半是 GBK，也叫 ANSI）".into())
        }
        Problem::TooLarge { limit } => {
            (too_large(*limit).into(), "一个文件只写一个场景，较长的名单请放进 CSV 文件".into())
        }
        Problem::EmptyFile => ("文件是空的".into(), "请写入一个场景，或删除该文件".into()),
        Problem::SeveralDocuments => {
            ("这里开始了第二份表单".into(), "一个文件只写一个场景；请把这一部分移到另一个文件".into())
        }
        Problem::NoScenarios => {
            ("这里没有任何场景".into(), "请在 `scenarios` 中至少放一个以 `.yaml` 结尾的场景文件".into())
        }
        Problem::TwoPolicies { other } => (format!("还有另一个策略文件 `{other}`"), "请只保留一个".into()),
        Problem::TwoAreas { other } => {
            (format!("还有一个同名的区域文件 `{other}`，不知道该用哪一个"), "请只保留一个，或改个名字".into())
        }
        Problem::FurtherFindings { count } => {
            (format!("从这里起还有 {count} 处问题未显示"), "请先改正上面的问题，再检查一次".into())
        }
        _ => return None,
    })
}

const fn too_large(limit: Limit) -> &'static str {
    match limit {
        Limit::Octets => "文件超过 1 MB",
        Limit::Depth => "层次嵌套过深",
        Limit::Values => "文件里的内容项过多",
        Limit::Files => "文件夹里的文件过多",
    }
}

fn layout(problem: &Problem) -> Option<(String, String)> {
    Some(match problem {
        Problem::WideColon => ("这里用了全角冒号".into(), "请改为半角冒号加空格：`: `".into()),
        Problem::WideMark { mark, instead } => {
            (format!("「{mark}」是全角字符"), format!("请切换输入法，改为半角 `{instead}`"))
        }
        Problem::CurlyQuote { mark, instead } => {
            (format!("「{mark}」是中文引号，不能用来括住内容"), format!("请改为英文直引号 `{instead}`…`{instead}`"))
        }
        Problem::Tab => ("这里有制表符（Tab）".into(), "请用空格缩进，每级两个空格".into()),
        Problem::Cells => (
            "这里像是从表格里粘贴来的单元格，中间是制表符（Tab）".into(),
            "请逐行写成 `名称: 内容`；有几个内容时写成 `[第一个, 第二个]`".into(),
        ),
        Problem::OddSpace => (
            "这里的空格不是普通空格，可能来自 Word、网页，或输入法处于全角状态".into(),
            "请删掉它，切换到半角后按空格键".into(),
        ),
        Problem::Unclosed { open } => {
            let close = if *open == '[' { ']' } else { '}' };
            (
                format!("这个 `{open}` 没有闭合，或括号中间有写错的地方"),
                format!("请补上 `{close}`；各项之间用 `, ` 隔开，含有 `,` `#` `{{` `[` 的文字请加引号"),
            )
        }
        Problem::WrongBracket { open, close } => (format!("`{open}` 被 `{close}` 闭合了"), "左右括号要成对".into()),
        Problem::LooseBracket => ("这个括号没有对应的左括号".into(), "请删掉它，或在前面补上左括号".into()),
        Problem::UnclosedQuote => ("这个引号没有闭合".into(), "请在文字末尾补上同样的引号".into()),
        Problem::AfterQuote => {
            ("引号闭合之后又有内容".into(), "整段文字只用一对引号括住；文字里面的引号请用 “ ”".into())
        }
        Problem::CutByComma => (
            "花括号里的逗号会把前面的文字截断".into(),
            "整段文字请加引号：`{短信: \"前半句, 后半句\"}`；几个内容请用方括号：`[114, 12580]`".into(),
        ),
        Problem::Backslash => ("双引号里的 `\\` 有特殊含义".into(), "请改用单引号，或写成 `\\\\`".into()),
        Problem::Indentation => {
            ("这一行的缩进与上下行没有对齐".into(), "同一级的项目要从同一列开始；`- ` 表示列表中的一项".into())
        }
        Problem::NoSpace => ("冒号后面缺少空格".into(), "请写成 `名称: 内容`".into()),
        Problem::NoColon => {
            ("这里应当是「名称: 内容」这样的一行".into(), "请补上冒号，冒号后加一个空格；分成几行的文字请加引号".into())
        }
        Problem::ColonInText => ("这一行出现了第二个冒号".into(), "含有 `: ` 的文字请加引号".into()),
        Problem::SpecialStart { mark } => (format!("内容不能直接以 `{mark}` 开头"), "请加引号，例如 \"*100#\"".into()),
        Problem::NotAForm => ("这里不是「名称: 内容」形式的表单".into(), "请逐行书写，例如 `标题: 夏季促销`".into()),
        _ => return None,
    })
}

fn key(problem: &Problem) -> Option<(String, String)> {
    Some(match problem {
        Problem::DuplicateKey { key } => (format!("「{key}」写了两次"), "请只保留一个".into()),
        Problem::UnknownKey { key, nearest: Some(nearest), .. } => {
            (format!("这里不能写「{key}」"), format!("是不是想写「{nearest}」？"))
        }
        Problem::UnknownKey { key, known, .. } => (format!("这里不能写「{key}」"), format!("可以写：{}", list(known))),
        Problem::MisplacedKey { key, under } => (
            format!("「{key}」不应写在这里"),
            format!("它属于「{}」，请缩进写在其下，或写进它的花括号里", under.chinese),
        ),
        Problem::MissingKey { word } => (format!("缺少「{}」", word.chinese), example(word)),
        Problem::MissingValue { key } => (format!("「{key}」后面没有内容"), "请填写内容，或删掉这一项".into()),
        Problem::WrongShape { shape } => {
            let (expected, help) = match shape {
                Shape::FieldsUnder(word) if !fields_of(word).is_empty() => {
                    return Some(("这里应当写「名称: 内容」".into(), format!("请写成 {}", fields_of(word))));
                }
                Shape::Text => ("单个内容", "请只写一个内容；含有 `:` `{` `[` 的文字请加引号"),
                Shape::TextOrList => ("一个内容或一个列表", "请写成 `[第一个, 第二个]`"),
                Shape::List => ("列表", "请写成 `[第一个, 第二个]`"),
                Shape::Fields | Shape::FieldsUnder(_) => ("「名称: 内容」", "请写成 `{名称: 内容}`，或另起一行并缩进"),
            };
            (format!("这里应当写{expected}"), help.into())
        }
        Problem::OneOnly { words } => (format!("{}只能写其中一个", list(words)), "请只保留一个，或拆成两个场景".into()),
        Problem::OneNeeded { words } => ("这里还缺少内容".into(), format!("请写其中一个：{}", list(words))),
        Problem::NotYet { what } => (format!("本版本尚不支持「{what}」"), "请先删掉，以后的版本会支持".into()),
        _ => return None,
    })
}

/// What may stand under a key, where it is not plain from the keys themselves.
fn fields_of(word: &Word) -> &'static str {
    match word.english {
        "send" => "`发送: {短信: \"…\"}`",
        "limits" => "`限制: {每人: 每30天1次}`",
        "who" => "`对象: {目标: vip}`，名单放在 `lists/vip.csv`",
        "area" => "`区域: {进入: wanda}`，小区放在 `areas/wanda.csv`",
        "caps" => "`频次上限: {全部: 每天1次}`",
        "quiet" => "`静默: {从: \"21:00\", 到: \"09:00\"}`",
        "holidays" => "`节假日: {放假: 2026-10-01..2026-10-07}`",
        "convert" => "`转化: {呼叫: {被叫: 12580}, 时限: 48小时}`",
        _ => "",
    }
}

fn example(word: &Word) -> String {
    let example = match word.english {
        "scenario" => "`场景: summer-g3`，名字不能与其他场景相同",
        "purpose" => "`用途: 营销`（或 `位置`、`服务`）：它决定需要哪种同意",
        "when" => "`当: {呼叫: {被叫: [114]}}`",
        "send" => "`发送: {短信: \"…\"}`",
        "sms" => "`短信: \"短信内容\"`",
        "from" => "`从: 21:00`",
        "to" => "`到: 09:00`",
        "url" => "`网址: \"http://wap.example.com/g3\"`",
        "text" => "`标题: \"显示的文字\"`",
        "ours" => "`本省: 浙江`，与表中写法一致",
        _ => return String::new(),
    };
    format!("请加上 {example}")
}

fn value(problem: &Problem) -> Option<(String, String)> {
    let (message, help) = match problem {
        Problem::Duration => ("这不是一段时长", "请写数字加单位：`30秒`、`10分钟`、`48小时`、`7天`"),
        Problem::DurationRange { least, most } => {
            return Some(("时长过短或过长".into(), format!("应在 `{least}` 到 `{most}` 之间")));
        }
        Problem::Cap => ("看不出多长时间内几次", "请写成 `每30天1次` 或 `1 per 30d`，最多 1000 次"),
        Problem::Percentage => ("这不是百分比", "请写 0% 到 100% 之间的百分比：`10%`、`2.5%`"),
        Problem::Dates => ("这不是日历上的日期", "请写第一天和最后一天：`2009-07-01..2009-08-31`，或只写一天"),
        Problem::Clock => ("这不是一天中的时刻", "请写时和分：`09:00`、`21:30`"),
        Problem::Hours => ("这不是一天中的时段", "请写两个不同的时刻：`09:00..21:00`"),
        Problem::Weekday => ("这不是星期几", "请写 `周一`、`周一至周五`、`工作日` 或 `周末`"),
        Problem::NumberPattern => {
            ("这不是电话号码", "请写数字、`*`、`#`，前面可加 `+`：`1795*` 表示所有以 1795 开头的号码")
        }
        Problem::WholeNumber { least, most } => {
            return Some(("这不是范围内的整数".into(), format!("请写 {least} 到 {most} 之间的整数")));
        }
        Problem::Number { least, most } => {
            return Some(("数目过少或过多".into(), format!("请写 {least} 到 {most} 个")));
        }
        Problem::Choice { nearest: Some(nearest), .. } => {
            return Some(("这里不能写这个内容".into(), format!("是不是想写「{nearest}」？")));
        }
        Problem::Choice { choices, .. } => {
            return Some(("这里不能写这个内容".into(), format!("可以写：{}", list(choices))));
        }
        Problem::Name => ("不能用作名字", "请用文字、数字、`-`、`_`、`.`，最多 64 个字，不含空格"),
        Problem::DomainName => ("这不是网站或接入点", "请写字母、数字、`-` 和点：`taobao.com`、`cmwap`"),
        Problem::Url => ("这不是网页地址", "请写完整：`http://wap.example.com/g3`"),
        Problem::ImsiPrefix => ("这不是 IMSI 的开头", "请写开头几位数字：`46000485*`"),
        Problem::Money => ("这不是金额", "请写 `500`、`0.05` 或 `5,000元`，最多四位小数"),
        Problem::Shares => ("各组的占比加起来不是 100%", "请每组都写占比，例如 `50%` 和 `50%`，或者都不写，表示平分"),
        Problem::Cause => (
            "这不是通话结束的原因",
            "请写 `占线`、`无人接听`、`拒接`、`无法接通`、`空号`、`网络忙`、`正常`，或 1 到 127 的原因值",
        ),
        Problem::Network => ("这不是网络代码", "请写国家码和网络码：`46000`、`460-02`"),
        Problem::TimeZone => ("没有这个时区", "请写 `Asia/Shanghai`、`北京时间` 或 `+08:00`"),
        _ => return None,
    };
    Some((message.into(), help.into()))
}

fn meaning(problem: &Problem) -> Option<(String, String)> {
    Some(match problem {
        Problem::SameName { name } => (format!("另一个场景也叫「{name}」"), "每个场景的名字都要不同".into()),
        Problem::UnknownList { name, kind, nearest } => {
            let what = if *kind == ListKind::Area { "区域" } else { "名单" };
            let help = match nearest {
                Some(nearest) => format!("是不是想写「{nearest}」？"),
                None => needed(name, *kind),
            };
            (format!("没有名为「{name}」的{what}"), help)
        }
        Problem::BadList { says, .. } => {
            let [_, (message, help)] = &**says;
            (format!("这个名单无法使用：{message}"), help.clone())
        }
        Problem::EmptyList { name, kind: ListKind::Area } => {
            (format!("区域「{name}」没有任何小区，谁也不可能进入"), format!("请在 `areas/{name}.csv` 中填写小区"))
        }
        Problem::EmptyList { name, .. } => {
            (format!("名单「{name}」是空的"), format!("请在 `lists/{name}.csv` 中填写内容"))
        }
        Problem::EndsBeforeItBegins => ("结束日期早于开始日期".into(), "请把两个日期对调".into()),
        Problem::LetsNothingThrough => ("这样一条也发不出去".into(), "请至少允许一次，不用的场景请删除文件".into()),
        Problem::OnlyNot => (
            "这里只有「非」，没有可以据以判断的事件".into(),
            "请在旁边加上一个事件，例如 `同时满足: [{呼叫: 10086}, {非: {区域: {进入: shops}}}]`".into(),
        ),
        Problem::NeverInTime => {
            ("按这个间隔，时限内不可能发生这么多次".into(), "请缩短间隔、减少次数或延长时限".into())
        }
        Problem::NoTimeZone { word } => (
            format!("「{}」需要时区，而策略里没有写", word.chinese),
            "请在 `policy.yaml` 中加上 `时区: Asia/Shanghai`".into(),
        ),
        Problem::EmptyText => ("短信内容是空的".into(), "请在引号之间填写内容".into()),
        Problem::ControlCharacter { character } => (
            format!("短信里有看不见的控制字符（U+{:04X}）", u32::from(*character)),
            "请重新输入这段文字，不要粘贴".into(),
        ),
        Problem::TextTooLong { parts } => (format!("内容会拆成 {parts} 条短信"), "请缩短到 670 个字以内".into()),
        Problem::NoWayToRefuse => ("营销短信必须写明退订方式".into(), "请加上例如「退订回复TD」".into()),
        Problem::EmergencyNumber { number } => {
            (format!("不允许对拨打紧急号码 {number} 的用户做营销"), "请改用其他号码，或把号码前缀写长一些".into())
        }
        Problem::NotLocation => ("这个营销场景用到了用户的位置，却只要求营销同意".into(), "请写 `用途: 位置`".into()),
        Problem::OwnSender { number } => (
            format!("这里等待来自 {number} 的短信，而这是我们自己的发送号码"),
            "自己下发的短信不会触发场景，请改写其他号码".into(),
        ),
        Problem::NoPrice => (
            "有预算就要写明每条短信的价格".into(),
            "请在 `policy.yaml` 中加上 `单价: 0.05`，长短信按拆分的条数计费".into(),
        ),
        Problem::UnknownSegment { name, nearest } => (
            format!("没有名为「{name}」的分群"),
            match nearest {
                Some(nearest) => format!("是不是想写「{nearest}」？"),
                None => "请在 `policy.yaml` 中加上，例如 `分群: {young: {标签: {age: [18-24]}}}`".into(),
            },
        ),
        Problem::NotOnTheseInterfaces { what } => (
            format!("「{what}」在 A 口和 Gb 口上看不到，要有 MAP 信令才行"),
            "可以改用 `漫游: {漫回: ...}`，看谁回来了".into(),
        ),
        Problem::NotProven => {
            ("被拒绝的尝试无法证明是本人，可能是他人冒用".into(), "请改用其他事件；`用途: 服务` 不受此限".into())
        }
        Problem::CapBeyondMemory { days } => (
            format!("这个频次的周期超过了用户档案的保留时间({days} 天)"),
            "请缩短周期，或在 `policy.yaml` 里延长「档案保留」".into(),
        ),
        Problem::UnknownVariable { name, nearest } => (
            format!("不知道 `{{{name}}}` 代表什么"),
            match nearest {
                Some(nearest) => format!("是不是想写 `{{{nearest}}}`？"),
                None => "可以写 `{区域}`、`{终端}`，以及 `policy.yaml` 的「标签」里列出的列名".into(),
            },
        ),
        Problem::NothingToName { name, word } => (
            format!("`{{{name}}}` 没有可代表的内容：本场景没有写「{}」", word.chinese),
            "请在「当」里写上，或从短信内容里删去".into(),
        ),
        Problem::LongerThanItSeems { least, most } => {
            (format!("填入变量后，内容可能要拆成 {most} 条短信，而不是 {least} 条"), "如果成本过高，请缩短内容".into())
        }
        Problem::Untitled { area } => (
            format!("`{{区域}}` 会对用户显示 `{area}`：这个区域没有标题"),
            "请写上标题：CSV 里加一列「标题」，或在 GeoJSON 里写 `name`".into(),
        ),
        Problem::OfChannels { what } => (
            format!("「{what}」属于渠道的设置，由运维人员配置，不写在这里"),
            "请写渠道的名称，例如 `发送: {短信: \"…\", 渠道: hall}`".into(),
        ),
        Problem::UnknownChannel { name, nearest, known } => (
            format!("没有名为「{name}」的渠道"),
            match nearest {
                Some(nearest) => format!("是不是想写「{nearest}」？"),
                None if known.is_empty() => "还没有配置任何渠道，请联系运维人员".into(),
                None => format!("现有渠道：{}；要增加请联系运维人员", known.join("、")),
            },
        ),
        Problem::NoColumnInName => {
            ("这个模板生成的场景会全部同名".into(), "请在名称里写上一列，例如 `场景: shop-{id}`".into())
        }
        Problem::NeverShown { word, obstacle, part } => (
            format!("接入的信令里看不到「{}」：{}", word.chinese, obstacle.text(Language::Chinese)),
            match part {
                Part::Needed => "请改用看得到的事件，或接入能看到它的信令".into(),
                Part::Alternative => "只有其他几个事件会起作用；要用它，请接入能看到它的信令".into(),
                Part::RuledOut => "这个条件排除不了任何人；请删掉，或接入能看到它的信令".into(),
                Part::HopedFor => "转化会一直是零；要统计，请接入能看到它的信令".into(),
            },
        ),
        Problem::NotAlwaysShown { word, condition, seen } => {
            let share = seen.map(|[those, of]| format!("。数据里的 {of} 个用户中有 {those} 个出现过"));
            (
                format!("接入的信令里不一定看得到「{}」", word.chinese),
                format!("看得到的前提：{}{}", condition.text(Language::Chinese), share.unwrap_or_default()),
            )
        }
        Problem::NoPolicy => (
            "没有 `policy.yaml`，静默时段和总频次上限都不生效".into(),
            "请新建该文件，写上 `时区`、`静默`、`频次上限`".into(),
        ),
        _ => return None,
    })
}

fn needed(name: &str, kind: ListKind) -> String {
    match kind {
        ListKind::Area => format!("请新建文件 `areas/{name}.csv`，列名为 `lac,ci`"),
        ListKind::Devices => format!("请新建文件 `lists/{name}.csv`，列名为 `tac`"),
        ListKind::Subscribers => format!("请新建文件 `lists/{name}.csv`，列名为 `imsi` 或 `msisdn`"),
        ListKind::Rows => format!("请新建文件 `lists/{name}.csv`，第一行写模板用到的列名"),
        ListKind::Provinces => format!("请新建文件 `lists/{name}.csv`，要有 `province` 列"),
    }
}

/// Words, one after the other.
pub(super) fn list(words: &[Word]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("「{}」", word.in_language(Language::Chinese))).collect();
    words.join("、")
}
