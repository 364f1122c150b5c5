//! What can be wrong between what one file says and the rest of the set, or the signalling that there is.

use super::{Code, code};

pub(super) static CODES: [Code; 30] = [
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
        "S075",
        ["Area without title", "区域没有标题"],
        [
            "Where a text says {area}, subscribers read the title of the area. One without title would show them the name of \
             its file. The title stands in a column `title` of the CSV, or in the property `name` of the drawing.",
            "内容里写了 {区域} 时，用户看到的是区域的标题；没有标题就会看到文件名。标题写在 CSV 的「标题」列，或地图的 `name` \
             属性里。",
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
    code(
        "S083",
        ["Channel", "渠道"],
        [
            "Whoever runs Touchpoint sets channels up: message centre, push gateway, MMS, a server of yours, lists for halls \
             and outbound calls; how fast each may be, and which one helps out when it is down. A scenario names one of \
             them: `send: {sms: \"…\", channel: hall}`; without, it goes by the one for its kind. docs/channels.md tells \
             more.",
            "渠道由运维人员配置：短信中心、推送网关、彩信、自己的服务器，以及给营业厅和外呼用的名单；每个渠道的速度、故障时\
             由哪个渠道代替，也在那里写。场景里只写渠道的名称 `发送: {短信: \"…\", 渠道: hall}`，不写则按内容的种类发送。详见 \
             docs/channels.md。",
        ],
    ),
];
