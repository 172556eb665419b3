"""The bodies of batches as pydantic models, described in Chinese."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.issue.batch import MAX_ROWS
from service.web import examples
from service.web.schemas import OrganizationCode, OverrideIn, ShortText, Strict, StudentNo, shown


class BatchShared(Strict):
    """一批文书共同的内容。"""

    form: ShortText = Field(description="表样名，见 GET /v1/forms")
    data: dict[Annotated[str, Field(max_length=60)], Any] = Field(
        default_factory=dict, max_length=200, description="各份相同的栏目；一行自己填的优先"
    )
    school: OrganizationCode | None = Field(
        default=None,
        description="出具单位，不填时为各学生所在学校；与 grade 同用时是哪所学校、哪个市县的学生",
    )
    dated: Annotated[str, Field(max_length=10)] | None = Field(default=None, description="办理日期")
    mode: Literal["full", "overprint"] = Field(default="full", description="整页打印，或套打在空白证书上")
    blank: ShortText | None = Field(default=None, description="套打所用的空白证书")
    override: OverrideIn | None = Field(default=None, description="主管教育行政部门批准的例外")


class BatchIn(BatchShared):
    """批量出具的请求：students、rows、grade 三者给其一。"""

    model_config = shown(examples.BATCH, examples.BATCH_ROWS, examples.BATCH_GRADE)

    students: list[StudentNo] | None = Field(
        default=None, max_length=MAX_ROWS, description="学籍号的名单，编号按名单顺序"
    )
    rows: list[dict[Annotated[str, Field(max_length=60)], Any]] | None = Field(
        default=None,
        max_length=MAX_ROWS,
        description="每行一份：student 为学籍号，其余为这一份自己的栏目（也可放在 data 里）",
    )
    grade: Annotated[str, Field(max_length=10)] | None = Field(
        default=None, description="年级代码，如 J3：该年级全部在校学生，按学校、班级、学籍号排序"
    )
    class_no: Annotated[str, Field(max_length=20)] | None = Field(default=None, description="只办这个班")


class BatchErrorOut(BaseModel):
    """一行未出具的原因。"""

    row: int = Field(description="第几行，从 1 起")
    student: str | None = Field(description="学籍号")
    line: int | None = Field(default=None, description="上传的表格里的行号")
    field: str | None
    code: str
    message: str
    article: str | None


class BatchOut(BaseModel):
    """一批文书办到哪里。"""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [examples.BATCH_OUT]})

    id: str
    form: str
    state: Literal["checking", "numbering", "printing", "done", "cancelled"] = Field(
        description="核对规则、取号、打印、办完、已取消"
    )
    total: int = Field(description="共几份")
    done: int = Field(description="已出具")
    failed: int = Field(description="未出具：不合规定，或打印不出")
    cancelled: int = Field(description="因取消而没有办")
    errors: list[BatchErrorOut] = Field(default_factory=list, description="前 200 处；全部见 links.errors")
    links: dict[str, str]


class Batches(BaseModel):
    """批次列表，不列原因。"""

    batches: list[BatchOut]


class BatchErrors(BaseModel):
    """一批中未出具的各行及原因；已出具而须留意的另列。"""

    id: str
    errors: list[BatchErrorOut]
    warnings: list[BatchErrorOut] = Field(description="已出具的各行的提示")
