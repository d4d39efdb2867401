#pragma warning disable CA1716, CA1720 // The names are those of the IPLD data model.
namespace CimStore.Content;

/// <summary>The nine kinds of the IPLD data model.</summary>
public enum IpldKind
{
    Null,
    Bool,
    Integer,
    Float,
    String,
    Bytes,
    List,
    Map,
    Link,
}
