namespace CimStore.Engine;

/// <summary>What became of one copy that a location holds, when the catalog is made again from it.</summary>
public enum RebuildVerdict
{
    /// <summary>The catalog did not know its content: it does now.</summary>
    Admitted,

    /// <summary>The catalog knew its content, and now knows of this copy too.</summary>
    Added,

    /// <summary>The catalog knew this copy.</summary>
    Known,

    /// <summary>The catalog knows another copy of the same content at the same location.</summary>
    Surplus,

    /// <summary>Its content was deleted since this catalog was begun.</summary>
    Deleted,

    /// <summary>It is damaged, or not what it says. It was left as it is.</summary>
    Bad,

    /// <summary>It could not be read now, or somebody is at work on its content: nothing is known about it.</summary>
    Unread,

    /// <summary>It was given up while it was looked at.</summary>
    Gone,
}
