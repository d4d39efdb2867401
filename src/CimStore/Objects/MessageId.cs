namespace CimStore.Objects;

/// <summary>Identity of a message (D31). Ours are UUIDv7; any UUID is accepted.</summary>
public readonly record struct MessageId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}
