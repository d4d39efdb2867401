namespace CimStore.Engine;

/// <summary>What a directory can hold; anything else on a file system is reported and left out.</summary>
public enum DirectoryEntryKind
{
    File,
    Directory,
    Link,
}
