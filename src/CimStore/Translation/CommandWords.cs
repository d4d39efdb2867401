namespace CimStore.Translation;

/// <summary>The commands as rule files name them.</summary>
internal static class CommandWords
{
    public const string Store = "store";
    public const string Retrieve = "retrieve";
    public const string Replicate = "replicate";
    public const string Migrate = "migrate";
    public const string Delete = "delete";
    public const string SetName = "setName";

    public static readonly string[] All = [Store, Retrieve, Replicate, Migrate, Delete, SetName];
}
